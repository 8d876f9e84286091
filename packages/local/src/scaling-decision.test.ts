import { describe, expect, it } from 'vitest';
import { decideCount, type Measured } from './scaling-decision.ts';

const LINE: Measured = { desired: 1, min: 0, max: 8, value: 1, target: 5, over: 1 };
const decide = (over: Partial<Measured>, lowSince?: number, now = 100_000) => decideCount({ ...LINE, ...over }, { lowSince }, now).count;

describe('the number of tasks', () => {
  it.each([
    ['goes out at once to what brings the backlog to its target', { value: 22 }, undefined, 5],
    ['not beyond the most', { value: 200 }, undefined, 8],
    ['from none, when more waits than one task is given', { desired: 0, over: 0, value: 12 }, undefined, 3],
    ['and stays at none for less: a waker does that', { desired: 0, over: 0, value: 1 }, undefined, 0],
    ['stays where little less than the target is to be done', { desired: 4, over: 4, value: 4.6 }, 0, 4],
    ['is not lowered before little was to be done for a while', { desired: 4, over: 4, value: 1 }, 98_000, 4],
    ['is lowered then, as far as the backlog allows', { desired: 4, over: 4, value: 2 }, 94_000, 2],
    ['to one as long as a job is worked on', { desired: 4, over: 4, value: 0.25 }, 0, 1],
    ['to none when nothing is left', { desired: 4, over: 4, value: 0 }, 0, 0],
    ['not below the least', { desired: 4, over: 4, value: 0, min: 2 }, 0, 2],
    ['follows bounds that were set', { desired: 1, min: 3 }, undefined, 3],
    ['at once in both directions', { desired: 9, value: 100 }, undefined, 8],
    ['follows a use of CPU in the same way', { desired: 2, over: 2, value: 90, target: 60 }, undefined, 3],
  ] as const)('%s', (_, over, lowSince, count) => {
    expect(decide(over, lowSince)).toBe(count);
  });

  it('is judged anew once it was busy in between', () => {
    const low = decideCount({ ...LINE, desired: 2, over: 2, value: 0 }, {}, 0);
    expect(low).toEqual({ count: 2, memory: { lowSince: 0 } });
    const busy = decideCount({ ...LINE, desired: 2, over: 2, value: 5 }, low.memory, 4000);
    expect(busy).toEqual({ count: 2, memory: {} });
    expect(decideCount({ ...LINE, desired: 2, over: 2, value: 0 }, busy.memory, 6000).count).toBe(2);
  });
});
