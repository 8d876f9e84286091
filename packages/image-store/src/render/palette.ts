/** Segmented palettes: PS3.3 §C.7.9.2. Pure. */

const DISCRETE = 0;
const LINEAR = 1;
const INDIRECT = 2;

/** The entries that segments stand for; as far as they make sense. @param data opcodes, lengths and values in words. */
export function expand(data: readonly number[], limit: number): readonly number[] {
  const entries: number[] = [];
  let position = 0;
  while (position + 1 < data.length && entries.length < limit) {
    if (data[position] === INDIRECT) {
      indirect(data, position, entries);
      position += 4;
    } else position = segment(data, position, entries);
  }
  return entries;
}

/** Appends one discrete or linear segment, and returns where the next one begins. */
function segment(data: readonly number[], position: number, entries: number[]): number {
  const [opcode, length = 0] = data.slice(position, position + 2);
  if (opcode === DISCRETE) {
    entries.push(...data.slice(position + 2, position + 2 + length));
    return position + 2 + length;
  }
  if (opcode !== LINEAR) return data.length;
  const from = entries.at(-1) ?? 0;
  const to = data[position + 2] ?? from;
  for (let step = 1; step <= length; step++) entries.push(Math.round(from + ((to - from) * step) / length));
  return position + 3;
}

/** Repeats segments that came before, from an offset of two words, the lower one first. */
function indirect(data: readonly number[], position: number, entries: number[]): void {
  const [, count = 0, low = 0, high = 0] = data.slice(position, position + 4);
  // In bytes, as the data lies in the file.
  let at = (low + high * 65536) / 2;
  for (let number = 0; number < count && at < position && data[at] !== INDIRECT; number++) at = segment(data, at, entries);
}
