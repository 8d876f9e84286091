/** Versions that come and go while jobs are asked for: a wrong one answers nobody, a good one takes over, a major stands beside the one before. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '@mip/api/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud, checkResult, copyRepository, type Json, testImage } from '../cloud.ts';
import { Author } from '../rollout/author.ts';
import { type Ended, Load, samplesOf, tally } from '../rollout/load.ts';

const UP_MS = 240_000;
const NAME = 'grayscale';
const SOURCE = testImage('SC_rgb.dcm');
/** 100 × 100 samples of 8 bits. */
const BYTES = 10_000;
const repository = copyRepository();
const cloud = new Cloud(repository);
const author = new Author(repository, cloud, NAME);
let pacs: ReturnType<Cloud['importImage']>;

beforeAll(async () => {
  expect(await cloud.start(), cloud.printed).toBe(undefined);
  pacs = cloud.importImage(SOURCE);
}, UP_MS);
afterAll(async () => {
  await cloud.remove();
  rmSync(repository, { recursive: true, force: true });
}, 60_000);

const status = (): Json => JSON.parse(cloud.mip(['status', NAME, '--json']).out).regions[0].algorithms[0];

async function until(what: string, holds: (seen: Json) => boolean): Promise<Json> {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(500)) {
    const seen = status();
    if (holds(seen)) return seen;
  }
  throw new Error(`not ${what}: ${JSON.stringify(status())}\n${cloud.printed.slice(-4000)}`);
}

/** The ids of the jobs that a version made, as `mip recall` lists them. */
function recalled(version: string): readonly string[] {
  const lines = cloud
    .mip(['recall', `${NAME}@${version}`, '--json'])
    .out.trim()
    .split('\n');
  return lines.flatMap((line) => (JSON.parse(line).type === 'made' ? [JSON.parse(line).job_id as string] : [])).sort();
}

const idsOf = (jobs: readonly Ended[], of: string) => jobs.flatMap(({ id, version }) => (version === of ? [id] : [])).sort();

/** What the right samples are: those of a result that the oracle, which does not know the algorithm, finds equal to its own. */
async function rightSamples(): Promise<string> {
  const { MIP_API_URL: url = '', MIP_API_KEY: key = '' } = cloud.environment;
  const client = new ApiClient({ url, key });
  const folder = mkdtempSync(join(tmpdir(), 'mip-right-'));
  try {
    await client.submit(NAME, { job_id: 'right', pacs });
    const image = (await client.wait('right', 60_000)).results.find(({ name }) => name.endsWith('.dcm'));
    if (!image) throw new Error('no image came out');
    const file = await client.download('right', image, folder);
    expect(checkResult(NAME, SOURCE, file, {}).words).toMatch(/"different": 0/);
    return samplesOf(file, BYTES);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

it('a version whose pixels are off by one answers nobody; a good one takes over without a lost job', { timeout: UP_MS }, async () => {
  const right = await rightSamples();
  const load = new Load({ cloud, target: NAME, pacs, perSecond: 5, bytes: BYTES });
  await sleep(3000);

  author.edit(
    'adapter.py',
    'self._library.run([image_data.stored], [greys], self.threads)',
    'self._library.run([image_data.stored], [greys], self.threads)\n        greys[:] = np.where(greys == 255, 254, greys + 1)',
  );
  author.release('1.0.1');
  const failed = await until('failed', ({ state }) => state === 'failed');
  expect(failed.entry).toMatchObject({ version: '1.0.0', status: 'failed', failed_version: '1.0.1' });
  expect(failed.entry.reason).toMatch(/case secondary-capture: the largest difference of a sample is/);
  await sleep(2000); // of jobs that are asked for while the row says failed
  const sentUntilThen = load.sent;

  author.edit('adapter.py', '\n        greys[:] = np.where(greys == 255, 254, greys + 1)', '');
  author.release('1.0.2');
  await until('1.0.2', ({ state, entry }) => state === 'live' && entry.version === '1.0.2');
  await sleep(3000);

  const jobs = await load.end();
  expect(jobs.length).toBeGreaterThan(sentUntilThen);
  expect(tally(jobs.map(({ state }) => state))).toEqual({ succeeded: jobs.length });
  expect(tally(jobs.map(({ samples }) => samples))).toEqual({ [right]: jobs.length });
  const versions = tally(jobs.map(({ version }) => version));
  expect(Object.keys(versions).sort()).toEqual(['1.0.0', '1.0.2']);
  for (const version of ['1.0.0', '1.0.2']) expect(recalled(version)).toEqual(expect.arrayContaining(idsOf(jobs, version)));
  expect(recalled('1.0.2')).toEqual(idsOf(jobs, '1.0.2'));
  console.log(
    `${jobs.length} jobs at 5 a second, all succeeded: ${JSON.stringify(versions)}; meanwhile the row said: ${failed.entry.reason}`,
  );
});

describe('a major version', () => {
  it('stands beside the one before, pinned and unpinned; the old one drains and goes', { timeout: UP_MS }, async () => {
    author.release('2.0.0', (entry) => `${entry}releases:\n  - { version: 1.0.2 }\n`);
    await until('2.0.0', ({ state, entry }) => state === 'live' && entry.version === '2.0.0');
    const loads = [NAME, `${NAME}@1.0.2`, `${NAME}@2.0.0`].map((target) => new Load({ cloud, target, pacs, perSecond: 2, bytes: BYTES }));
    await sleep(4000);
    const [unpinned = [], old = [], fresh = []] = await Promise.all(loads.map((load) => load.end()));
    const ran = (jobs: typeof unpinned) => tally(jobs.map(({ state, version }) => `${state} ${version}`));
    expect(ran(unpinned)).toEqual({ 'succeeded 2.0.0': unpinned.length });
    expect(ran(old)).toEqual({ 'succeeded 1.0.2': old.length });
    expect(ran(fresh)).toEqual({ 'succeeded 2.0.0': fresh.length });

    author.release('2.0.0', (entry) => entry.replace(/releases:\n.*\n/, ''));
    await until('without 1.0.2', ({ lines }) => lines === undefined);
    const answer = await cloud.post(`${NAME}@1.0.2`, { job_id: 'late', pacs });
    expect(answer.status).toBe(404);
  });
});
