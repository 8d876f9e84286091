import type { Algorithm } from '../entry.ts';
import type { Rule } from './rule.ts';

/** Two names that differ by one character (inserted, removed or replaced) are easily taken for each other. */
export const similarNames: Rule = {
  name: 'similar-names',
  severity: 'warning',
  reads: ['name'],
  readsPlatform: [],
  *check({ algorithms }) {
    const earlier = new Map<string, Algorithm[]>();
    for (const of of algorithms) {
      const keys = new Set([of.name, ...withoutOneCharacter(of.name)]);
      const near = new Set<Algorithm>();
      for (const key of keys) {
        const sharing = earlier.get(key);
        if (!sharing) earlier.set(key, [of]);
        else {
          for (const other of sharing) if (other.name !== of.name && atMostOneApart(other.name, of.name)) near.add(other);
          sharing.push(of);
        }
      }
      for (const other of near)
        yield { of, pointer: '/name', message: `differs from ${other.name} by one character; choose names that nobody confuses` };
    }
  },
};

function withoutOneCharacter(name: string): string[] {
  return Array.from(name, (_, index) => name.slice(0, index) + name.slice(index + 1));
}

/** Names that share a shortened form may still be two changes apart, as `abc` and `bcd`. */
function atMostOneApart(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start++;
  const rest = short.length === long.length ? short.slice(start + 1) : short.slice(start);
  return long.slice(start + 1) === rest;
}
