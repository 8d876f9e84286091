/** `mip recall` on an emulator: all of it or nothing, and a slip of the pen is no empty recall. */
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { JobEvent } from '@mip/registry';
import { fillJobsTable } from '@mip/registry/testing/jobs-table';
import { madeJobs } from '@mip/registry/testing/made-jobs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EmulatedPlatform } from '../testing/emulated-platform.ts';
import { add } from './recall.ts';

const JOBS = madeJobs(200);

let platform: EmulatedPlatform;

beforeAll(async () => {
  platform = await EmulatedPlatform.open();
  await fillJobsTable(platform.dynamodb, platform.names.table('jobs'), JOBS);
  await platform.createTable('algorithms', 'algorithm_name');
  platform.write('catalog/releases/seg/1.10.0.yaml', '');
});
afterAll(() => platform.close());

const recall = (...words: readonly string[]) => platform.mip(add, ...words);

it('lists what the version made, as lines', async () => {
  const { printed, code } = await recall('--json', 'recall', 'seg@1.2.0');
  const lines = printed.map((line) => JSON.parse(line));
  const own = JOBS.filter((one) => one.algorithm === 'seg' && one.ran_version === '1.2.0' && one.truth === 'made');
  expect(code).toBe(0);
  expect(
    lines
      .filter(({ type }) => type === 'made')
      .map(({ job_id }) => job_id)
      .sort(),
  ).toEqual(own.map(({ job_id }) => job_id).sort());
  expect(lines.at(-1)).toMatchObject({ type: 'end', regions: [{ made: own.length, bucket: platform.names.bucket('results') }] });
});

it('of a version that was released and made nothing is empty, and says so', async () => {
  const { printed, code } = await recall('recall', 'seg@1.10.0');
  expect([code, printed[0]]).toEqual([0, 'seg@1.10.0 in eu-central-1: 0 jobs of 0 clients with a result, 0 not finished.']);
});

it('of what nobody knows fails, and names what there is', async () => {
  expect(await recall('recall', 'seg@1.2.9')).toEqual({
    printed: [],
    code: 1,
    failed: 'seg has no version 1.2.9: known are 1.1.0, 1.2.0, 1.10.0, 2.0.0.',
  });
  expect((await recall('recall', 'sog@1.2.0')).failed).toContain('nothing is known of an algorithm sog');
});

it('tells the clients of what it lists, the same again under the same ids', async () => {
  const sqs = new SQSClient(platform.emulator.connection);
  const Attributes = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: platform.names.resultsQueue, Attributes }));
  const own = JOBS.filter((one) => one.algorithm === 'seg' && one.ran_version === '2.0.0' && one.truth === 'made');
  const told: JobEvent[] = [];
  for (const _ of ['once', 'again']) {
    expect((await recall('recall', 'seg@2.0.0', '--notify', '--reason', 'The mask is mirrored.')).code).toBe(0);
    for (let more = true; more; ) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }));
      told.push(...Messages.map(({ Body = '' }) => JSON.parse(Body) as JobEvent));
      more = Messages.length > 0;
    }
  }
  expect(told.map(({ job_id }) => job_id).sort()).toEqual(own.map(({ job_id }) => job_id).sort());
  expect(new Set(told.map(({ type, reason }) => `${type}: ${reason}`))).toEqual(new Set(['job.recalled: The mask is mirrored.']));
});

it.each([[['--notify']], [['--reason', 'x']], [['--notify', '--reason', ' ']]])(
  'with %j tells nobody, and says what is missing',
  async (more) => {
    expect((await recall('recall', 'seg@2.0.0', ...more)).failed).toContain('--reason');
  },
);

it('that cannot be read whole prints nothing', async () => {
  await platform.dynamodb.send(new DeleteTableCommand({ TableName: platform.names.table('jobs') }));
  const { printed, code, failed } = await recall('recall', 'seg@1.2.0');
  expect([printed, code]).toEqual([[], 1]);
  expect(failed).toContain('the jobs cannot all be read, so nothing is listed. eu-central-1: ');
});
