import { type JobEvent, type JobRecord, jobEvent } from '@mip/registry';
import { expect, it } from 'vitest';
import { createLogger } from './middleware/log.ts';
import { createNotifier, type SqsRecord } from './notifier-lambda.ts';

const NOW = new Date('2026-01-31T10:00:00.000Z');
const CALLBACKS = 'arn:aws:sqs:eu-central-1:000000000000:mip-callbacks';
const RESULTS = 'arn:aws:sqs:eu-central-1:000000000000:mip-results.fifo';
const URL = 'https://viewer.example/secret-path';

function job(job_id: string): JobRecord {
  return {
    ...{ client_id: 'viewer', job_id, job_key: '8acfc7ae5007ac85f67471c0753007f3', algorithm: 'grayscale', version: '1.2.0', delivery: 1 },
    ...{ state: 'succeeded', open_state: 'untold', finished_at: NOW.toISOString(), outcome: 'done', callback_url: URL },
  } as JobRecord;
}

function message(
  id: string,
  body: unknown,
  { group, receives = 1, arn = RESULTS }: { group?: string; receives?: number; arn?: string } = {},
) {
  const attributes = { ApproximateReceiveCount: String(receives), ...(group !== undefined && { MessageGroupId: group }) };
  return {
    messageId: id,
    receiptHandle: id,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    eventSourceARN: arn,
    attributes,
  };
}

/** @param broken ids of jobs that cannot be read. */
function place(broken: readonly string[], status = 503) {
  const pushed: string[] = [];
  const hidden: [string, number][] = [];
  const lines: string[] = [];
  const get = async ({ job_id }: { job_id: string }) => {
    if (broken.includes(job_id)) throw new Error(`patient ${job_id}`);
    return job(job_id);
  };
  const handler = createNotifier({
    notifier: {
      jobs: { get, told: async () => undefined },
      connections: { push: async ({ job_id, type }: JobEvent) => void pushed.push(`${type} ${job_id}`) },
      callbacks: { queue: async () => undefined },
      onPushFault: () => undefined,
    },
    callbacks: {
      jobs: { get, noteCallback: async () => undefined },
      secrets: async () => ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
      post: async () => ({ status }),
      now: () => NOW,
    },
    hide: async ({ messageId }, seconds) => void hidden.push([messageId, seconds]),
    isCallback: (arn) => arn === CALLBACKS,
    log: createLogger('info', { write: (line) => void lines.push(line) }),
  });
  const failures = async (Records: readonly SqsRecord[]) =>
    (await handler({ Records })).batchItemFailures.map(({ itemIdentifier }) => itemIdentifier).sort();
  return { failures, pushed, hidden, lines };
}

const running = (id: string) => jobEvent(job(id), 'job.running', NOW);
const ended = (id: string) => jobEvent(job(id), 'job.succeeded', NOW);

it('of a group, what is behind one that cannot be told waits for it, and other groups do not', async () => {
  const at = place(['a']);
  const records = [
    message('1', running('a'), { group: 'a' }),
    message('2', ended('a'), { group: 'a' }),
    message('3', running('a'), { group: 'a' }),
    message('4', ended('b'), { group: 'b' }),
  ];
  expect(await at.failures(records)).toEqual(['2', '3']);
  expect(at.pushed.toSorted()).toEqual(['job.running a', 'job.succeeded b']);
  expect(at.hidden).toEqual([['2', 2]]);
});

it.each(['no JSON', '[]', { ...running('a'), type: 'job.lost' }, { ...running('a'), patient_name: 'X' }])(
  '%j is left for the dead letters',
  async (body) => {
    const at = place([]);
    expect(await at.failures([message('1', body, { group: 'a' })])).toEqual(['1']);
    expect([at.pushed, at.hidden]).toEqual([[], []]);
  },
);

it.each([
  [503, 1, ['1'], [['1', 5]]],
  [503, 4, ['1'], [['1', 300]]],
  [503, 13, ['1'], [['1', 0]]],
  [204, 1, [], []],
  [410, 1, [], []],
])('a callback that is answered %i at try %i', async (status, receives, failures, hidden) => {
  const at = place([], status);
  expect(await at.failures([message('1', ended('a'), { receives, arn: CALLBACKS })])).toEqual(failures);
  expect([at.hidden, at.pushed]).toEqual([hidden, []]);
});

it('the log has keys of jobs, and no ids, addresses or words of an error', async () => {
  const at = place(['job-secret']);
  await at.failures([message('1', ended('job-secret'), { group: 'a' }), message('2', ended('job-other'), { arn: CALLBACKS })]);
  expect(at.lines.length).toBeGreaterThan(1);
  expect(at.lines.join('')).toContain('8acfc7ae5007ac85f67471c0753007f3');
  for (const word of ['job-secret', 'job-other', 'secret-path', 'patient', 'viewer']) expect(at.lines.join('')).not.toContain(word);
});
