import type { Algorithm } from '../entry.ts';
import type { Rule } from './rule.ts';

/** Two names that differ by one character (inserted, removed or replaced) are easily taken for each other. */
export const similarNames: Rule = {
  name: 'similar-names',
  severity: 'warning',
  reads: ['name'],
  readsPlatform: [],
  *check({ algorithms }) {
    for (const [first, second] of sharingForms(algorithms.map(({ name }) => name))) {
      const [other, of] = [algorithms[first], algorithms[second]] as [Algorithm, Algorithm];
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
  const forms = new Float64Array(names.reduce((sum, { length }) => sum + length + 1, 0));
  let size = 0;
  for (const [index, name] of names.entries()) for (const hash of formHashes(name)) forms[size++] = hash * MOST_NAMES + index;
  forms.sort();
  const pairs = new Map<number, readonly [number, number]>();
  for (let at = 0; at < size; at++) {
    const [hash, index] = split(forms[at] as number);
    for (let before = at - 1; before >= 0; before--) {
      const [sharedHash, other] = split(forms[before] as number);
      if (sharedHash !== hash) break;
      if (other !== index) pairs.set(other * MOST_NAMES + index, [other, index]);
    }
  }
  return pairs.values();
}

function split(form: number): [hash: number, index: number] {
  return [Math.floor(form / MOST_NAMES), form % MOST_NAMES];
}

/** Of the name and of each form without one of its characters: a polynomial in the characters, modulo 2^32. */
function formHashes(name: string): number[] {
  const prefixes = [0];
  for (let at = 0; at < name.length; at++) prefixes.push(Math.imul(prefixes[at] as number, BASE) + name.charCodeAt(at));
  const hashes = [(prefixes[name.length] as number) >>> 0];
  let [power, suffix] = [1, 0];
  for (let at = name.length - 1; at >= 0; at--) {
    hashes.push((Math.imul(prefixes[at] as number, power) + suffix) >>> 0);
    suffix = (Math.imul(name.charCodeAt(at), power) + suffix) | 0;
    power = Math.imul(power, BASE);
  }
  return hashes;
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
