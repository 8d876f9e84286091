/** A recall against a table of thousands of jobs, page by page. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { JobTable } from './jobs.ts';
import { gatherRecall, RECALLED_FIELDS } from './recall.ts';
import { fillJobsTable } from './testing/jobs-table.ts';
import { type MadeJob, madeJobs } from './testing/made-jobs.ts';

const COUNT = 2000;
const PAGE = 300;
let emulator: TestEmulator;
let table: string;
const all = madeJobs(COUNT);

beforeAll(async () => {
  emulator = await openEmulator();
  table = `test-${randomUUID()}`;
  await fillJobsTable(new DynamoDBClient(emulator.connection), table, all);
});
afterAll(() => emulator.stop());

/** A client that reads small pages, and fails at one of them. */
function paged(failsAt = Number.POSITIVE_INFINITY): { client: DynamoDBClient; pages: () => number } {
  const client = new DynamoDBClient(emulator.connection);
  let pages = 0;
  client.middlewareStack.add(
    (next) => async (args) => {
      pages += 1;
      if (pages === failsAt) throw new Error('the network is gone');
      Object.assign(args.input, { Limit: PAGE });
      return next(args);
    },
    { step: 'initialize' },
  );
  return { client, pages: () => pages };
}

const EVER = { since: new Date('2000-01-01'), until: new Date('2100-01-01') };
const asked = (change: Partial<typeof EVER> = {}) => ({ ...EVER, ...change, fields: RECALLED_FIELDS });
const order = (digest?: string) => ({ version: '1.2.0', digest });

/** What the recall has to tell: decided where the jobs were made. */
function expected(holds: (one: MadeJob) => boolean = () => true) {
  const own = all.filter((one) => one.algorithm === 'seg' && one.truth === 'made' && one.ran_version === '1.2.0' && holds(one));
  return own.map(({ client_id, job_id }) => `${client_id} ${job_id}`).sort();
}

const told = ({ clients }: Awaited<ReturnType<typeof gatherRecall>>) =>
  clients.flatMap(({ made }) => made.map(({ job }) => `${job.client_id} ${job.job_id}`)).sort();

it('lists exactly what the version made, for every client, from every page', async () => {
  const { client, pages } = paged();
  const recall = await gatherRecall(new JobTable(client, table).ofAlgorithm('seg', asked()), order());
  expect(pages()).toBeGreaterThan(4);
  expect(expected().length).toBeGreaterThan(150);
  expect(told(recall)).toEqual(expected());
  expect(recall.clients.map(({ client_id }) => client_id)).toEqual(['clinic-a', 'clinic-b', 'hospital']);
  expect(recall.clients.flatMap(({ unfinished }) => unfinished).length).toBe(
    all.filter((one) => one.algorithm === 'seg' && one.ran_version === '1.2.0' && one.truth === 'unfinished').length,
  );
  expect(recall.left_out.conformance).toBe(
    all.filter((one) => one.algorithm === 'seg' && one.ran_version === '1.2.0' && one.truth === 'conformance').length,
  );
  expect(recall.versions).toEqual(['1.1.0', '1.2.0', '2.0.0']);
});

it('of one image, and of a time, is narrower by exactly that', async () => {
  const { client } = paged();
  const jobs = new JobTable(client, table);
  const digest = all.find(({ ran_version }) => ran_version === '1.2.0')?.image_digest as string;
  const ofImage = expected((one) => one.image_digest === digest);
  expect(ofImage.length).toBeLessThan(expected().length);
  expect(told(await gatherRecall(jobs.ofAlgorithm('seg', asked()), order(digest)))).toEqual(ofImage);
  const times = all.map(({ accepted_at }) => accepted_at).sort();
  const [since, until] = [times[500] as string, times[1400] as string];
  const between = await gatherRecall(jobs.ofAlgorithm('seg', asked({ since: new Date(since), until: new Date(until) })), order());
  expect(told(between)).toEqual(expected(({ accepted_at }) => accepted_at >= since && accepted_at < until));
});

it('a page that cannot be read is no end of the list', async () => {
  const { client } = paged(4); // of the five at least that there are
  await expect(gatherRecall(new JobTable(client, table).ofAlgorithm('seg', asked()), order())).rejects.toThrow('the network is gone');
});
