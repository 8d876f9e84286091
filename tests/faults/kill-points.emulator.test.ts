/**
 * A real process that applies is killed (SIGKILL) right before a call reaches the emulator, and right after the call took effect; the next
 * apply ends where an undisturbed one would have. With MIP_TEST_FULL every call is tried, else a few, chosen by the seed of all tests.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { deployPlace } from '@mip/reconcile/testing/emulated';
import fc from 'fast-check';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../emulator.ts';
import { FULL } from '../full.ts';
import { SEED } from '../seed.ts';
import { observedState } from './observed-state.ts';
import { FaultProxy } from './proxy.ts';
import { killAt } from './steps.ts';
import { applyOrder, type CatalogName, type Order } from './stories.ts';

interface Story {
  readonly title: string;
  /** What was applied before, one after another, a minute and more apart. */
  readonly before: readonly CatalogName[];
  readonly catalog: CatalogName;
}

interface Point {
  readonly story: Story;
  readonly number: number;
  readonly when: 'before' | 'after';
}

const STORIES: readonly Story[] = [
  { title: 'a first apply', before: [], catalog: 'two' },
  { title: 'an update', before: ['two'], catalog: 'updated' },
  { title: 'a delete that withdraws', before: ['two'], catalog: 'one' },
  { title: 'a delete that finishes', before: ['two', 'one'], catalog: 'one' },
];
const SAMPLE = 6;
/** Longer than a lease, clocks that differ, and SQS's minute. */
const LATER_MS = 120_000;
const REGION = 'eu-central-1';
const HOURS_MS = 3_600_000;

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
}, 60_000);
afterAll(() => emulator.stop());

const connection = () => ({ ...emulator.connection, region: REGION });
const order = (prefix: string, catalog: CatalogName, apply: number, proxy?: FaultProxy): Order => ({
  ...(proxy ? { endpoint: proxy.endpoint } : emulator.connection),
  ...{ region: REGION, prefix, catalog },
  aheadMs: apply * LATER_MS,
});

/** A place of its own in which the story has come as far as the run that is going to be killed. */
async function begun({ before }: Story): Promise<string> {
  const prefix = `k${randomBytes(4).toString('hex')}`;
  await deployPlace(connection(), prefix);
  for (const [index, catalog] of before.entries()) expect((await applyOrder(order(prefix, catalog, index))).ok).toBe(true);
  return prefix;
}

/** Applies until nothing waits, a minute and more apart. */
async function settle(prefix: string, { catalog, before }: Story): Promise<readonly string[]> {
  for (let apply = before.length + 1; apply < before.length + 6; apply += 1) {
    const report = await applyOrder(order(prefix, catalog, apply));
    expect(report.ok, JSON.stringify(report.outcomes)).toBe(true);
    if (report.outcomes.length === 0) return observedState(connection(), prefix);
  }
  throw new Error('it never comes to rest');
}

/** How many calls the run makes, and where everything ends. */
async function undisturbed(story: Story): Promise<{ calls: number; state: readonly string[] }> {
  const prefix = await begun(story);
  const proxy = await FaultProxy.open(emulator.connection.endpoint, emulator.connection.scalingEndpoint);
  await applyOrder(order(prefix, story.catalog, story.before.length, proxy));
  const calls = proxy.calls.length;
  await proxy.close();
  return { calls, state: await settle(prefix, story) };
}

async function tryPoint({ story, number, when }: Point, expected: readonly string[]): Promise<void> {
  const prefix = await begun(story);
  const proxy = await FaultProxy.open(emulator.connection.endpoint, emulator.connection.scalingEndpoint);
  const args = [join(import.meta.dirname, 'apply.ts'), JSON.stringify(order(prefix, story.catalog, story.before.length, proxy))];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const reached = await killAt(proxy, child, { call: (call) => call.number === number, when });
  await proxy.close();
  const place = `${story.title}, killed ${when} call ${number} (${proxy.calls.at(number - 1)?.operation})`;
  expect(reached, place).toBe(true);
  const state = await settle(prefix, story);
  const missing = expected.filter((resource) => !state.includes(resource));
  const more = state.filter((resource) => !expected.includes(resource));
  expect({ missing, more, count: state.length }, place).toEqual({ missing: [], more: [], count: expected.length });
}

it(
  'killed at any call, the next apply ends where an undisturbed one would have',
  async () => {
    const limit = pLimit(2);
    let tried = 0;
    let converged = 0;
    const stories = new Map<Story, { calls: number; state: readonly string[] }>();
    for (const story of STORIES) stories.set(story, await undisturbed(story));
    const all = [...stories].flatMap(([story, { calls }]) =>
      Array.from({ length: calls }, (_, index) => index + 1).flatMap((number): Point[] => [
        { story, number, when: 'before' },
        { story, number, when: 'after' },
      ]),
    );
    const [few = []] = fc.sample(fc.shuffledSubarray(all, { minLength: SAMPLE, maxLength: SAMPLE }), { seed: SEED, numRuns: 1 });
    const points = FULL ? all : few;
    const tries = points.map((point) =>
      limit(async () => {
        tried += 1;
        await tryPoint(point, stories.get(point.story)?.state ?? []);
        converged += 1;
        if (FULL && converged % 50 === 0) console.log(`kill points on the emulator: ${converged} of ${points.length} converged so far`);
      }),
    );
    const done = await Promise.allSettled(tries);
    console.log(`kill points on the emulator: ${tried} tried of ${all.length}, ${converged} converged${FULL ? '' : ` (seed ${SEED})`}`);
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  },
  FULL ? 1.2 * HOURS_MS : 180_000,
);
