/** Whether an image fits a worker, from its header alone. Pure. */
import { framesOf } from '@mip/catalog/input-rules/facts';
import { type Dataset, decimal, readAttribute } from '@mip/catalog/input-rules/values';
import type { RegistryEntry } from '@mip/registry';

/** What a worker of the algorithm can take. */
export interface Capacity extends Pick<RegistryEntry, 'memory' | 'memory_model'> {
  /** The most bytes of one decoded image; no limit where it is left out. */
  readonly maxImageBytes?: number | undefined;
}

const TAG = { rows: '00280010', columns: '00280011', samples: '00280002', bits: '00280100' } as const;
const MIB = 1024 * 1024;

/**
 * Why it cannot fit, in words; nothing where it does, or where that is not known.
 *
 * @param images how many instances of this matrix are asked for; undefined where that is not known
 */
export function misfits(
  instance: Dataset,
  images: number | undefined,
  { maxImageBytes, memory, memory_model }: Capacity,
): readonly string[] {
  const [rows, columns] = [number(instance, TAG.rows), number(instance, TAG.columns)];
  if (rows === undefined || columns === undefined) return [];
  const voxels = framesOf(instance) * rows * columns;
  const bytes = voxels * (number(instance, TAG.samples) ?? 1) * ((number(instance, TAG.bits) ?? 0) / 8);
  const words: string[] = [];
  if (maxImageBytes !== undefined && bytes > maxImageBytes)
    words.push(`the image has ${Math.ceil(bytes)} bytes decoded; at most ${maxImageBytes} are taken here`);
  const needed = memory_model && memory_model.base_mib + ((images ?? 1) * voxels * memory_model.bytes_per_voxel) / MIB;
  if (needed !== undefined && needed > memory)
    words.push(`it would need ${Math.ceil(needed)} MiB of memory; a worker of this algorithm has ${memory} MiB`);
  return words;
}

function number(dataset: Dataset, tag: string): number | undefined {
  const value = decimal(readAttribute(dataset, tag)?.values[0]);
  return value !== undefined && value > 0 ? value : undefined;
}
