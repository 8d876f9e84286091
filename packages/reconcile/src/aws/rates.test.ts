import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SimulatedClock } from '../testing/simulated-clock.ts';
import { TokenBucket } from './rates.ts';

async function timesOf(rate: { burst: number; perSecond: number }, calls: number): Promise<readonly number[]> {
  const clock = new SimulatedClock();
  const bucket = new TokenBucket(rate, clock);
  const times: number[] = [];
  await clock.run(() => Promise.all(Array.from({ length: calls }, () => bucket.take().then(() => times.push(clock.now())))));
  return times;
}

it('lets a burst through at once, then one call after another', async () => {
  expect(await timesOf({ burst: 3, perSecond: 2 }, 6)).toEqual([0, 0, 0, 500, 1000, 1500]);
});

it('never lets more calls through in any while than AWS would, and not fewer in the end', async () => {
  const rate = fc.record({ burst: fc.integer({ min: 1, max: 20 }), perSecond: fc.integer({ min: 1, max: 50 }) });
  await fc.assert(
    fc.asyncProperty(rate, fc.integer({ min: 1, max: 100 }), async ({ burst, perSecond }, calls) => {
      const times = await timesOf({ burst, perSecond }, calls);
      for (const [first, start] of times.entries())
        for (let last = first; last < calls; last += 1)
          expect(last - first + 1).toBeLessThanOrEqual(burst + (((times[last] as number) - start) * perSecond) / 1000 + 1e-6);
      expect(times.at(-1)).toBeCloseTo((Math.max(0, calls - burst) / perSecond) * 1000, 3);
    }),
    { numRuns: 60 },
  );
});

it('refills while nobody calls, up to the burst', async () => {
  const clock = new SimulatedClock();
  const bucket = new TokenBucket({ burst: 2, perSecond: 1 }, clock);
  const times: number[] = [];
  await clock.run(async () => {
    await bucket.take();
    await bucket.take();
    await clock.sleep(10_000);
    for (let call = 0; call < 3; call += 1) {
      await bucket.take();
      times.push(clock.now());
    }
  });
  expect(times).toEqual([10_000, 10_000, 11_000]);
});
