import type { AcrossRule, Named } from './rule.ts';

/** Two names that differ by one character (inserted, removed or replaced) are easily taken for each other. */
export const similarNames: AcrossRule = {
  name: 'similar-names',
  severity: 'warning',
  *check(algorithms) {
    for (const [first, second] of sharingForms(algorithms.map(({ name }) => name))) {
      const [other, of] = [algorithms[first], algorithms[second]] as [Named, Named];
      if (other.name !== of.name && atMostOneApart(other.name, of.name))
        yield { of, pointer: '/name', message: `differs from ${other.name} by one character; choose names that nobody confuses` };
    }
  },
};

/** More than a catalog can hold; a hash of 32 bits and an index below it fit into the 53 bits of a number. */
const MOST_NAMES = 2 ** 21;

/**
 * Names one change apart read the same in full or without one character each: the pairs of indices of which that may be so, the lower
 * index first. Forms are compared by a hash, as to make ten thousand names' forms as text takes longer than to read their files.
 */
function sharingForms(names: readonly string[]): Iterable<readonly [number, number]> {
  const forms = hashedForms(names);
  const pairs = new Map<number, readonly [number, number]>();
  for (let at = 1; at < forms.length; at++) {
    // Sorted: equal hashes lie side by side, and no further apart than the indices below them.
    if ((forms[at] as number) - (forms[at - 1] as number) >= MOST_NAMES) continue;
    for (let before = at - 1; before >= 0 && hashOf(forms, before) === hashOf(forms, at); before--) {
      const [first, second] = [(forms[before] as number) % MOST_NAMES, (forms[at] as number) % MOST_NAMES];
      if (first !== second) pairs.set(first * MOST_NAMES + second, [first, second]);
    }
  }
  return pairs.values();
}

function hashOf(forms: Float64Array, at: number): number {
  return Math.floor((forms[at] as number) / MOST_NAMES);
}

/** Each form as one number, its hash above its name's index; sorted. The hash is a polynomial in the characters, modulo 2^32. */
function hashedForms(names: readonly string[]): Float64Array {
  const forms = new Float64Array(names.reduce((sum, { length }) => sum + length + 1, 0));
  const prefixes = new Int32Array(names.reduce((most, { length }) => Math.max(most, length), 0) + 1);
  let size = 0;
  for (let index = 0; index < names.length; index++) size = addForms(names[index] as string, { forms, prefixes, size, index });
  return forms.sort();
}

interface Forms {
  readonly forms: Float64Array;
  /** Room for the hashes of a name's first 0, 1, 2 … characters. */
  readonly prefixes: Int32Array;
  readonly size: number;
  readonly index: number;
}

/** @returns the new size */
function addForms(name: string, { forms, prefixes, size, index }: Forms): number {
  for (let at = 0; at < name.length; at++) prefixes[at + 1] = Math.imul(prefixes[at] as number, BASE) + name.charCodeAt(at);
  let end = size;
  forms[end++] = ((prefixes[name.length] as number) >>> 0) * MOST_NAMES + index;
  let power = 1;
  let suffix = 0;
  for (let at = name.length - 1; at >= 0; at--) {
    forms[end++] = ((Math.imul(prefixes[at] as number, power) + suffix) >>> 0) * MOST_NAMES + index;
    suffix = (Math.imul(name.charCodeAt(at), power) + suffix) | 0;
    power = Math.imul(power, BASE);
  }
  return end;
}

const BASE = 0x01000193;

/** Names that share a shortened form may still be two changes apart, as `abc` and `bcd`. */
function atMostOneApart(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start++;
  const rest = short.length === long.length ? short.slice(start + 1) : short.slice(start);
  return long.slice(start + 1) === rest;
}
