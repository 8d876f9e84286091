import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunLoop } from './run-loop.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A loop whose runs a test ends itself. */
function loop(times = {}) {
  const ends: ((waits: boolean) => void)[] = [];
  const begun: number[] = [];
  const start = Date.now();
  const one = new RunLoop({
    run: () => {
      begun.push(Date.now() - start);
      return new Promise((resolve) => ends.push(resolve));
    },
    times,
  });
  const end = async (waits: boolean) => {
    ends.shift()?.(waits);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { one, begun, end };
}

describe('a run loop', () => {
  it('waits until nobody has asked for a while, and then runs once for all', async () => {
    const { one, begun } = loop();
    for (let at = 0; at < 10_000; at += 1) one.ask(200);
    await vi.advanceTimersByTimeAsync(150);
    one.ask(200);
    await vi.advanceTimersByTimeAsync(199);
    expect(begun).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toEqual([350]);
  });

  it('lets the longest quiet that was asked for pass', async () => {
    const { one, begun } = loop();
    one.ask(1000);
    one.ask(200);
    await vi.advanceTimersByTimeAsync(2000);
    expect(begun).toEqual([1000]);
  });

  it('does not wait for ever while somebody goes on asking', async () => {
    const { one, begun } = loop({ longestQuiet: 1000 });
    for (let at = 0; at < 12; at += 1) {
      one.ask(200);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(begun).toEqual([1000]);
  });

  it('runs one at a time, and once more for all that was asked during a run', async () => {
    const { one, begun, end } = loop();
    one.ask(0);
    await vi.advanceTimersByTimeAsync(0);
    for (const _ of [1, 2, 3]) {
      one.ask(10);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(begun).toEqual([0]);
    await end(false);
    expect(begun).toEqual([0, 300]);
    await end(false);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(begun).toEqual([0, 300]);
  });

  it('repeats a run that leaves something, later each time, and from the start after a request', async () => {
    const { one, begun, end } = loop({ firstPause: 100, longestPause: 350 });
    one.ask(0);
    await vi.advanceTimersByTimeAsync(0);
    for (const pause of [100, 200, 350, 350]) {
      await end(true);
      await vi.advanceTimersByTimeAsync(pause);
    }
    expect(begun).toEqual([0, 100, 300, 650, 1000]);
    await end(true);
    one.ask(0);
    await vi.advanceTimersByTimeAsync(0);
    await end(true);
    await vi.advanceTimersByTimeAsync(100);
    expect(begun.slice(5)).toEqual([1000, 1100]);
  });

  it('repeats a run that failed', async () => {
    let runs = 0;
    const one = new RunLoop({
      run: () => {
        runs += 1;
        return runs === 1 ? Promise.reject(new Error('no')) : Promise.resolve(false);
      },
    });
    one.ask(0);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(runs).toBe(2);
  });

  it('stops when the run under way has ended, and begins none any more', async () => {
    const { one, begun, end } = loop();
    one.ask(0);
    await vi.advanceTimersByTimeAsync(0);
    one.ask(0);
    let stopped = false;
    const stop = one.stop().then(() => {
      stopped = true;
    });
    await vi.advanceTimersByTimeAsync(1000);
    expect(stopped).toBe(false);
    await end(true);
    await stop;
    one.ask(0);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(begun).toEqual([0]);
  });
});
