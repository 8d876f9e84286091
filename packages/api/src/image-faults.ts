/** What is wrong with the images that a request names, at the UID at fault. Pure. */
import type { Input } from '@mip/catalog/input-rules/rules-of';
import type { RegistryEntry } from '@mip/registry';
import { type CheckedInput, checkInput } from './input-check.ts';
import type { Images } from './look/images.ts';
import { type Level, type Look, levelOf, type Uids } from './look/look.ts';
import type { Fault } from './middleware/problem.ts';
import type { Overriding } from './overrides.ts';

/** `pacs` of a request, of any shape. */
export type Members = Readonly<Record<string, unknown>>;

type Platform = Pick<Images, 'names' | 'maxImageBytes'>;

interface ImageFaults extends Omit<CheckedInput, 'refused'> {
  readonly refused: readonly Fault[];
  readonly missing: readonly Fault[];
}

/** What can be said before anybody has looked: the level, and the PACS. */
export function namedFaults(entry: RegistryEntry, pacs: Members, platform: Platform): readonly Fault[] {
  return [...scopeFaults(entry, pacs), ...sourceFaults(pacs, platform)];
}

/** What the look says, against the rules of the algorithm and the size that it takes. */
export function imageFaults(
  entry: RegistryEntry,
  pacs: Members,
  { images, look, overriding }: { readonly images: Platform; readonly look: Look | undefined; readonly overriding: Overriding },
): ImageFaults {
  if (!look) return { refused: [], missing: [], warnings: [], deferred: true };
  const level = levelOf(pacs as unknown as Uids);
  const capacity = { ...entry, maxImageBytes: images.maxImageBytes };
  const { refused, ...rest } = checkInput({ input: entry.input as Input, capacity, overriding }, level, look);
  return {
    ...rest,
    refused: refused.map((words) => ({ pointer: `/pacs/${level}_uid`, detail: `is not taken: ${words}` })),
    missing: look.kind === 'missing' ? [{ pointer: `/pacs/${look.level}_uid`, detail: `names no ${look.level} of this PACS` }] : [],
  };
}

const LEVELS: readonly Level[] = ['instance', 'series', 'study'];

/** The most specific UID given decides whether an instance, a series or a study is asked for. */
function scopeFaults(entry: RegistryEntry, pacs: Members): readonly Fault[] {
  const asked = LEVELS.find((level) => pacs[`${level}_uid`] !== undefined);
  const scope = entry.input.scope as readonly Level[];
  if (asked === undefined || scope.includes(asked)) return [];
  const takes = scope.map((level) => `one ${level}`).join(' or ');
  // Of the levels below the one asked for, the highest that the algorithm takes: its UID is what is missing.
  const needed = LEVELS.findLast((level) => scope.includes(level) && LEVELS.indexOf(level) < LEVELS.indexOf(asked));
  const detail = needed ? `is required: ${entry.algorithm_name} takes ${takes}` : `is too specific: ${entry.algorithm_name} takes ${takes}`;
  return [{ pointer: `/pacs/${needed ?? asked}_uid`, detail }];
}

function sourceFaults({ source }: Members, { names }: Platform): readonly Fault[] {
  if (source === undefined || names.includes(source as string)) return [];
  const known = `there ${names.length > 1 ? 'are' : 'is'} ${names.join(', ')}`;
  return [{ pointer: '/pacs/source', detail: `names no PACS of this platform; ${known}` }];
}
