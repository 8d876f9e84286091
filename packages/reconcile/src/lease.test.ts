/** One apply at a time, also when one of them was paused or killed. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from './aws/clock.ts';
import { acquireLease, Lease, LeaseLost, type LeaseOptions, LeaseTaken } from './lease.ts';
import { apply, plan } from './reconcile.ts';
import { algorithm, input, run, runOptions } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { SimulatedClock } from './testing/simulated-clock.ts';
import { stateOf } from './testing/state.ts';
import { Killed } from './testing/world.ts';

let aws: MemoryAws;
/** Milliseconds on the clock of every process. */
let time: number;
const clock: Clock = {
  now: () => time,
  sleep: async (ms) => {
    time += ms;
  },
  every: () => () => {},
};

beforeEach(() => {
  aws = new MemoryAws();
  time = 1_000_000;
});

function options(over: Partial<LeaseOptions> = {}): LeaseOptions {
  return { table: 'mip-leases', holder: 'ada', seconds: 60, waitSeconds: 0, clock, now: () => new Date(time), ...over };
}
const acquire = (over: Partial<LeaseOptions> = {}) => acquireLease(aws.dynamodb, options(over));

describe('a lease', () => {
  it('is one run’s alone, and the other learns whose, and for how long', async () => {
    await acquire();
    time += 10_000;
    await expect(acquire({ holder: 'bob' })).rejects.toThrow(
      new LeaseTaken('Another apply is running (ada); its lease ends in 55 s unless it is renewed.'),
    );
  });

  it('is its holder’s when the answer got lost and the SDK asks for it again', async () => {
    const lease = new Lease(aws.dynamodb, options());
    expect(await lease.take()).toBe(true);
    expect(await lease.take()).toBe(true);
    expect(await new Lease(aws.dynamodb, options()).take()).toBe(false);
  });

  it('is free again at once when it was given back', async () => {
    await (await acquire()).release();
    await expect(acquire({ holder: 'bob' })).resolves.toBeDefined();
  });

  it('of a run that was killed is waited for until its time is over', async () => {
    const lines: string[] = [];
    await acquire();
    const before = time;
    await acquire({ holder: 'bob', waitSeconds: 90, note: (line) => lines.push(line) });
    expect(time - before).toBeGreaterThan(65_000); // its time, and what clocks may differ by
    expect(time - before).toBeLessThan(70_000);
    expect(lines).toEqual(['Another apply is running (ada); its lease ends in 65 s unless it is renewed. Waiting for it.']);
  });

  it('ends for its holder before anybody else can have it', async () => {
    const held = await acquire();
    time += 59_999;
    held.check();
    await expect(acquire({ holder: 'bob' })).rejects.toBeInstanceOf(LeaseTaken);
    time += 1;
    expect(() => held.check()).toThrow(LeaseLost);
    await expect(acquire({ holder: 'bob' })).rejects.toBeInstanceOf(LeaseTaken);
  });

  it('goes on when it is renewed', async () => {
    const held = await acquire();
    time += 50_000;
    await held.renew();
    time += 50_000;
    held.check();
  });

  it('is renewed at a third of its time for as long as it is held, and no longer', async () => {
    const simulated = new SimulatedClock();
    await simulated.run(async () => {
      const held = await acquire({ clock: simulated, now: () => new Date(simulated.now()) });
      await simulated.sleep(600_000);
      held.check();
      const expires = () => (aws.memory.leases.items.get('reconcile')?.expires_at as number) - simulated.now();
      expect(expires()).toBeGreaterThan(39_000);
      await held.release();
      await simulated.sleep(100_000);
      expect(aws.memory.leases.items.size).toBe(0);
    });
  });

  it('that went to another is not renewed, and not given back', async () => {
    const held = await acquire();
    time += 66_000;
    const other = await acquire({ holder: 'bob' });
    await held.renew();
    expect(() => held.check()).toThrow(LeaseLost);
    await held.release();
    other.check();
    await expect(acquire({ holder: 'eve' })).rejects.toThrow(/bob/);
  });

  it.each([
    ['the wall', { now: () => new Date(time + 120_000) }],
    ['the steady', { clock: { ...clock, now: () => time + 120_000 } }],
  ])('is over when %s clock alone says so', async (_, jumped) => {
    let after: Partial<LeaseOptions> = {};
    const held = await acquire({
      clock: { ...clock, now: () => (after.clock ?? clock).now() },
      now: () => (after.now ?? (() => new Date(time)))(),
    });
    held.check();
    after = jumped;
    expect(() => held.check()).toThrow(LeaseLost);
  });
});

describe('an apply', () => {
  const wanted = input([algorithm('seg'), algorithm('other')]);

  it('that is paused for longer than its lease writes nothing more when it wakes, and the next finishes', async () => {
    const alone = input([algorithm('seg')]); // so that one call is on its way when it is paused
    const calm = new MemoryAws();
    await run(calm, alone);
    let atWake = 0;
    aws.world.fail = ({ operation }) => {
      if (operation !== 'RegisterTaskDefinition' || atWake) return undefined;
      aws.world.now += 120_000; // stopped right before the call leaves the machine
      atWake = aws.world.writes.length;
      return undefined;
    };
    const report = await apply(aws, await plan(aws, alone), runOptions(aws));
    expect(report.ok).toBe(false);
    expect(report.outcomes.map(({ reason }) => reason).join()).toContain('held up for more than the 60 seconds of its lease');
    expect(aws.world.writes).toHaveLength(atWake);
    expect((await run(aws, alone)).ok).toBe(true);
    expect(sortedState(aws)).toEqual(sortedState(calm));
  });

  it('waits for one that was killed, then makes what it left', async () => {
    aws.world.killAt = { number: 41, when: 'after' };
    await expect(plan(aws, wanted).then((prepared) => apply(aws, prepared, runOptions(aws)))).rejects.toBeInstanceOf(Killed);
    const lines: string[] = [];
    aws.world.restart();
    const report = await apply(aws, await plan(aws, wanted), { ...runOptions(aws), note: (line) => lines.push(line) });
    expect(report.ok).toBe(true);
    expect(lines).toHaveLength(1);
  });

  it('does not begin while another runs, when it may not wait', async () => {
    await acquireLease(aws.dynamodb, options({ now: () => new Date(aws.world.now), holder: 'ada' }));
    const before = stateOf(aws);
    const prepared = await plan(aws, wanted);
    await expect(apply(aws, prepared, { ...runOptions(aws), waitSeconds: 0 })).rejects.toBeInstanceOf(LeaseTaken);
    expect(stateOf(aws)).toEqual(before);
  });
});

function sortedState(of: MemoryAws): unknown {
  return JSON.parse(JSON.stringify(stateOf(of), (_, value) => (value instanceof Map ? [...value].sort() : value)));
}
