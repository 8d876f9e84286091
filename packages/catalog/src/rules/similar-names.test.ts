import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Named } from './rule.ts';
import { similarNames } from './similar-names.ts';

/** Whether one insertion, removal or replacement makes one name the other: tried, place by place. */
function oneApart(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return Array.from(long, (_, at) => [long.slice(0, at), long.slice(at + 1)] as const).some(([head, tail]) =>
    short.length === long.length
      ? short !== long && short.startsWith(head) && short.slice(head.length + 1) === tail
      : short === head + tail,
  );
}

describe('similar names', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '1', '-'), minLength: 2, maxLength: 6 });

  it('are the pairs one change apart, each told once, at the later one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 16 }), (names) => {
        const algorithms = names.map((one) => ({ name: one }) as Named);
        const told = Array.from(similarNames.check(algorithms), ({ of, message }) => [message.split(' ')[2], (of as Named).name]);
        const pairs = names.flatMap((later, at) => names.slice(0, at).map((earlier) => [earlier, later] as const));
        expect(told.sort()).toEqual(pairs.filter(([earlier, later]) => oneApart(earlier, later)).sort());
      }),
      { numRuns: 500 },
    );
  });
});
