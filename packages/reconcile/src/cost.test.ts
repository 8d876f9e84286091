import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costDiff, PRICES, type Sized } from './cost.ts';

const seg: Sized = { algorithm: 'seg', cpu: 1024, memory: 2048, gpu: 0, architecture: 'amd64', tasks: { min: 1, max: 8 } };

/** To the cent. */
const near = (min: number, max: number) => ({ min: expect.closeTo(min, 1), max: expect.closeTo(max, 1) });

describe('what a plan costs', () => {
  it.each<[string, string, Sized, number, number]>([
    // 0.04048 + 2 · 0.004445 = 0.04937 USD an hour, 730 hours
    ['1 vCPU and 2 GB in us-east-1', 'us-east-1', seg, 36.04, 288.32],
    // 0.25 · 0.03238 + 0.5 · 0.00356 = 0.009875
    ['a quarter, on ARM', 'us-east-1', { ...seg, cpu: 256, memory: 512, architecture: 'arm64' }, 7.21, 57.67],
    // 0.04656 + 2 · 0.00511 = 0.05678
    ['in Frankfurt', 'eu-central-1', seg, 41.45, 331.6],
    ['nothing while it runs nothing', 'us-east-1', { ...seg, tasks: { min: 0, max: 1 } }, 0, 36.04],
  ])('%s', (_, region, sized, min, max) => {
    const diff = costDiff(region, [], [sized]);
    expect(diff?.changes).toEqual([{ algorithm: 'seg', from: null, to: near(min, max) }]);
    expect(diff).toMatchObject({ priced: PRICES.date, from: { min: 0, max: 0 }, to: near(min, max) });
  });

  it('is not known, and not nothing, where no price is', () => {
    expect(costDiff('mars-north-1', [], [seg])).toBeNull();
  });

  it('names only what changes, and adds up all', () => {
    const other = { ...seg, algorithm: 'other' };
    const diff = costDiff('us-east-1', [seg, other], [seg, { ...other, cpu: 2048, memory: 4096 }]);
    expect(diff?.changes).toEqual([{ algorithm: 'other', from: near(36.04, 288.32), to: near(72.08, 576.64) }]);
    expect(diff).toMatchObject({ from: near(72.08, 576.64), to: near(108.12, 864.96) });
  });

  it.each<[string, readonly Sized[], readonly Sized[], object]>([
    ['one that comes', [], [{ ...seg, gpu: 1 }], { changes: [], to: { min: 0, max: 0 }, unknown: ['seg'] }],
    ['one that goes', [{ ...seg, gpu: 1 }], [], { changes: [], unknown: ['seg'] }],
    ['one that gets its GPU', [seg], [{ ...seg, gpu: 1 }], { changes: [], from: near(36.04, 288.32), unknown: ['seg'] }],
    ['another size', [{ ...seg, gpu: 1 }], [{ ...seg, gpu: 1, cpu: 3000 }], { changes: [], unknown: ['seg'] }],
  ])('is not known, and not nothing, on a GPU: %s', (_, before, after, expected) => {
    expect(costDiff('us-east-1', before, after)).toMatchObject(expected);
  });

  it('says nothing of a GPU where nothing changes, or nothing runs', () => {
    const idle = { ...seg, gpu: 1, tasks: { min: 0, max: 0 } };
    for (const one of [{ ...seg, gpu: 1 }, idle]) expect(costDiff('us-east-1', [one], [one])).not.toHaveProperty('unknown');
    expect(costDiff('us-east-1', [], [idle])).not.toHaveProperty('unknown');
  });

  it('grows with tasks and sizes, and shrinks back', () => {
    const sizes = fc.record({
      cpu: fc.constantFrom(256, 1024, 4096),
      memory: fc.integer({ min: 1, max: 30 }).map((gb) => gb * 1024),
      tasks: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const of = (one: typeof a): Sized => ({ ...seg, cpu: one.cpu, memory: one.memory, tasks: { min: one.tasks, max: one.tasks } });
        const there = costDiff('us-east-1', [of(a)], [of(b)]);
        const back = costDiff('us-east-1', [of(b)], [of(a)]);
        expect([there?.from, there?.to]).toEqual([back?.to, back?.from]);
        if (a.cpu <= b.cpu && a.memory <= b.memory && a.tasks <= b.tasks)
          expect(there?.to.max).toBeGreaterThanOrEqual(there?.from.max ?? Infinity);
      }),
    );
  });
});
