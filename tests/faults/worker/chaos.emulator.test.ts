/**
 * Many jobs while workers and their children are killed at random every second and every tenth call to AWS fails: each job ends, by one write,
 * with one result. 16 jobs; with MIP_TEST_FULL 500.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { sweep } from '@mip/api/sweeper';
import fc from 'fast-check';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../emulator.ts';
import { FULL } from '../../full.ts';
import { SEED } from '../../seed.ts';
import type { WireCall } from '../call.ts';
import { type Fault, THROTTLED } from '../proxy.ts';
import { Place, type TestWorker } from './place.ts';

const JOBS = FULL ? 500 : 16;
const WORKERS = 3;
const MINUTES_AHEAD = 60;

const FAULTS: readonly Fault[] = [
  { do: 'cut', when: 'before' },
  { do: 'cut', when: 'after' },
  { do: 'refuse', error: { code: 'InternalError', message: 'Please try again.', status: 500 } },
  { do: 'refuse', error: { ...THROTTLED, code: 'SlowDown', status: 503 } },
];

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.stop());

it(`${JOBS} jobs end once each`, { timeout: FULL ? 3_600_000 : 600_000 }, async () => {
  const place = await Place.open(emulator);
  const random = generator(SEED);
  try {
    await send(place);
    place.proxy.restart(everyTenth(random));
    const kills = await killUntilSettled(place, random);
    const balance = await place.balance();
    const states = Object.groupBy(await Promise.all(place.jobs.map((job) => place.record(job))), ({ state }) => state);
    const ends = Object.entries(states).map(([state, own]) => `${own?.length} ${state}`);
    const told = `seed ${SEED}: ${JOBS} jobs, ${place.proxy.calls.length} calls, ${JSON.stringify(kills)}; ${ends.join(', ')}; ${JSON.stringify(balance)}\n`;
    process.stdout.write(told);
    expect(balance).toEqual({ sent: JOBS, finishedOnce: JOBS, lost: 0, doubled: 0, left: 0 });
    expect(states.failed ?? []).toEqual([]);
    expect(place.complaints()).toBe('');
  } finally {
    await place.close();
  }
});

async function send(place: Place): Promise<void> {
  const limit = pLimit(8);
  await Promise.all(Array.from({ length: JOBS }, (_, number) => limit(() => place.send(`job-${number}`))));
}

/** A number below `limit`, the same ones for the same seed. */
type Random = (limit: number) => number;

function generator(seed: number): Random {
  const numbers = fc.sample(fc.nat(), { seed, numRuns: 20_000 });
  let at = 0;
  return (limit) => (numbers[at++ % numbers.length] ?? 0) % limit;
}

function everyTenth(random: Random): (call: WireCall) => Fault | undefined {
  return ({ number }) => (number % 10 === 0 ? FAULTS[random(FAULTS.length)] : undefined);
}

/** Keeps three workers, hits one that has had a job every second; the sweeper runs now and then, as it does in AWS. */
async function killUntilSettled(place: Place, random: Random) {
  const kills = { worker: 0, child: 0, stopped: 0 };
  const workers: TestWorker[] = [];
  for (let second = 0; !(await place.settled(0.9)); second += 1) {
    for (let slot = 0; slot < WORKERS; slot += 1)
      if (!workers[slot]?.running) workers[slot] = place.start({ environment: { MIP_CHILDREN: '2' } });
    const up = workers.filter((worker) => worker.busy);
    const victim = up[random(Math.max(1, up.length))];
    if (victim) await hit(victim, random(6), kills);
    if (second % 5 === 4) await sweep(place.sweeper(MINUTES_AHEAD)).catch(() => undefined);
    await sleep(50);
  }
  await Promise.all(workers.map((worker) => worker.stop()));
  return kills;
}

async function hit(victim: TestWorker, chance: number, kills: { worker: number; child: number; stopped: number }): Promise<void> {
  if (chance < 2) {
    kills.worker += 1;
    await victim.kill();
  } else if (chance < 5) {
    kills.child += 1;
    victim.killChildren();
  } else {
    kills.stopped += 1;
    victim.process.kill('SIGTERM');
  }
}
