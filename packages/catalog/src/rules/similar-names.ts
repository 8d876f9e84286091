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
  const forms = hashedForms(names);
  const pairs = new Map<number, readonly [number, number]>();
  for (let at = 1; at < forms.length; at++) {
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
  let size = 0;
  for (const [index, name] of names.entries()) {
    const whole = prefixes(name);
    forms[size++] = ((whole[name.length] as number) >>> 0) * MOST_NAMES + index;
    let [power, suffix] = [1, 0];
    for (let at = name.length - 1; at >= 0; at--) {
      forms[size++] = ((Math.imul(whole[at] as number, power) + suffix) >>> 0) * MOST_NAMES + index;
      suffix = (Math.imul(name.charCodeAt(at), power) + suffix) | 0;
      power = Math.imul(power, BASE);
    }
  }
  return forms.sort();
}

/** The hashes of the first 0, 1, 2 … characters. */
function prefixes(name: string): number[] {
  const hashes = [0];
  for (let at = 0; at < name.length; at++) hashes.push((Math.imul(hashes[at] as number, BASE) + name.charCodeAt(at)) | 0);
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
