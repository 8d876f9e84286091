import { GetQueueUrlCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import { apply, plan } from '../reconcile.ts';
import { algorithm, clockOf, input, rerun, run, runOptions } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { sorted, stateOf } from '../testing/state.ts';
import { Killed } from '../testing/world.ts';
import { type Change, NotYet, type Run } from './kind.ts';
import { type RequestQueueSpec, requestQueue } from './request-queue.ts';

describeKind(requestQueue, [
  {
    what: 'a longer visibility',
    to: { queue: { visibility_timeout: 1800 } },
    blames: '/queue/visibility_timeout',
    fields: [{ path: '/VisibilityTimeout', from: '900', to: '1800' }],
  },
  {
    what: 'more receives',
    to: { queue: { max_receives: 5 } },
    blames: '/queue/max_receives',
    fields: [{ path: '/RedrivePolicy/maxReceiveCount', from: 3, to: 5 }],
  },
  {
    what: 'days become seconds',
    to: { queue: { retention_days: 4 } },
    blames: '/queue/retention_days',
    fields: [{ path: '/MessageRetentionPeriod', from: '1209600', to: '345600' }],
  },
  {
    what: 'back to the defaults',
    from: { queue: { visibility_timeout: 60 } },
    to: { queue: {} },
    blames: '/queue/visibility_timeout',
    fields: [{ path: '/VisibilityTimeout', from: '60', to: '900' }],
  },
  { what: 'a new version keeps the queue', to: { version: '1.1.0' }, fields: [] },
]);

const REQUESTS = 'mip-seg-requests.fifo';
const LETTERS = 'mip-seg-requests-dlq.fifo';
const arn = (queue: string) => `arn:aws:sqs:eu-central-1:000000000000:${queue}`;
const catalog = input([algorithm('seg')]);

let aws: MemoryAws;
beforeEach(async () => {
  aws = new MemoryAws();
  await run(aws, catalog);
});

function attributesOf(queue: string): Record<string, unknown> {
  const documents = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy'];
  const { attributes = {} } = aws.memory.sqs.queues.get(queue) ?? {};
  return Object.fromEntries(Object.entries(attributes).map(([key, text]) => [key, documents.includes(key) ? JSON.parse(text) : text]));
}

async function urlOf(QueueName: string): Promise<string> {
  return (await aws.sqs.send(new GetQueueUrlCommand({ QueueName }))).QueueUrl ?? '';
}

const tagsOf = (queue: string) => aws.memory.sqs.queues.get(queue)?.tags ?? {};

it('both queues are FIFO with high throughput, encrypted, closed to those without TLS; dead letters come from the requests only', () => {
  const both = (queue: string) => ({
    FifoQueue: 'true',
    ContentBasedDeduplication: 'false',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    DelaySeconds: '0',
    KmsDataKeyReusePeriodSeconds: '300',
    MaximumMessageSize: '262144',
    MessageRetentionPeriod: '1209600',
    ReceiveMessageWaitTimeSeconds: '0',
    SqsManagedSseEnabled: 'true',
    VisibilityTimeout: '900',
    Policy: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'TlsOnly',
          Effect: 'Deny',
          Principal: '*',
          Action: 'sqs:*',
          Resource: arn(queue),
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    },
  });
  const RedriveAllowPolicy = { redrivePermission: 'byQueue', sourceQueueArns: [arn(REQUESTS)] };
  expect(attributesOf(LETTERS)).toEqual({ ...both(LETTERS), RedriveAllowPolicy });
  expect(attributesOf(REQUESTS)).toEqual({ ...both(REQUESTS), RedrivePolicy: { deadLetterTargetArn: arn(LETTERS), maxReceiveCount: 3 } });
});

describe('what somebody did to a queue', () => {
  const open = JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: ['sqs:SendMessage'], Resource: '*' }] });

  it.each([
    ['DelaySeconds', REQUESTS, { DelaySeconds: '9' }, ['/DelaySeconds']],
    ['MaximumMessageSize', REQUESTS, { MaximumMessageSize: '1024' }, ['/MaximumMessageSize']],
    ['ReceiveMessageWaitTimeSeconds', REQUESTS, { ReceiveMessageWaitTimeSeconds: '20' }, ['/ReceiveMessageWaitTimeSeconds']],
    ['ContentBasedDeduplication', REQUESTS, { ContentBasedDeduplication: 'true' }, ['/ContentBasedDeduplication']],
    ['MessageRetentionPeriod', LETTERS, { MessageRetentionPeriod: '60' }, ['/MessageRetentionPeriod']],
    [
      'throughput',
      REQUESTS,
      { FifoThroughputLimit: 'perQueue', DeduplicationScope: 'queue' },
      ['/DeduplicationScope', '/FifoThroughputLimit'],
    ],
    ['no encryption', REQUESTS, { SqsManagedSseEnabled: 'false' }, ['/SqsManagedSseEnabled']],
    ['a key of its own', REQUESTS, { KmsMasterKeyId: 'alias/mine' }, ['/KmsMasterKeyId', '/SqsManagedSseEnabled']],
    ['a policy', REQUESTS, { Policy: open }, ['/Policy/Statement/#0', '/Policy/Statement/TlsOnly', '/Policy/Version']],
    ['no policy', LETTERS, { Policy: '' }, ['/Policy']],
    ['no dead letters', REQUESTS, { RedrivePolicy: '' }, ['/RedrivePolicy']],
    ["everybody's dead letters", LETTERS, { RedriveAllowPolicy: '' }, ['/RedriveAllowPolicy']],
    ['one that MIP does not set', REQUESTS, { RedriveAllowPolicy: '{"redrivePermission":"denyAll"}' }, ['/RedriveAllowPolicy']],
  ] as const)('%s: is named field by field, and healed', async (_, queue, Attributes, paths) => {
    const before = sorted(stateOf(aws));
    await aws.sqs.send(new SetQueueAttributesCommand({ QueueUrl: await urlOf(queue), Attributes }));
    const prepared = await plan(aws, catalog, 'deep');
    expect(prepared.plan.changes.flatMap(({ name, fields }) => fields.map(({ path }) => `${name} ${path}`))).toEqual(
      paths.map((path) => `${queue} ${path}`),
    );
    await apply(aws, prepared, runOptions(aws));
    expect(sorted(stateOf(aws))).toEqual(before);
  });

  it('that changes nothing is no difference: another spacing, another order, a number as a string', async () => {
    const queue = aws.memory.sqs.queues.get(REQUESTS);
    const { Statement: [statement] = [] } = JSON.parse(queue?.attributes.Policy ?? '') as { Statement?: object[] };
    Object.assign(queue?.attributes ?? {}, {
      RedrivePolicy: `{ "maxReceiveCount" : "3", "deadLetterTargetArn": "${arn(LETTERS)}" }`,
      Policy: JSON.stringify({ Statement: { ...statement, Principal: { AWS: '*' }, Action: ['sqs:*'] }, Version: '2012-10-17' }, null, 2),
    });
    expect((await plan(aws, catalog, 'deep')).plan.changes).toEqual([]);
  });
});

it('a queue that is no FIFO queue is left alone', () => {
  const [wanted] = requestQueue.desire(algorithm('seg'), catalog.platform, []);
  const { FifoQueue: _, ...standard } = wanted?.spec ?? { withdrawn: false };
  const observed = { name: LETTERS, owner: 'mip', algorithm: 'seg', specHash: undefined, spec: standard };
  expect(requestQueue.refuse?.(wanted as NonNullable<typeof wanted>, observed)).toBe(
    `queue ${LETTERS} is no FIFO queue, and none can be made one`,
  );
});

describe('where roles are shared by class, a queue', () => {
  const shared = (over = {}) => {
    const wanted = input([algorithm('seg', over)]);
    return { ...wanted, platform: { ...wanted.platform, rolesUpTo: 0 } };
  };

  it('says which class may read it, and no longer once each has a role again', async () => {
    await run(aws, shared());
    expect([REQUESTS, LETTERS].map((queue) => tagsOf(queue)['mip:role-class'])).toEqual(['standard', 'standard']);
    expect((await run(aws, shared())).plan.changes).toEqual([]);
    const { plan: changed } = await plan(aws, shared({ role_class: 'large' }));
    expect(changed.changes[0]).toMatchObject({
      fields: [{ path: '/roleClass', from: 'standard', to: 'large' }],
      cause: { pointer: '/role_class' },
    });
    await run(aws, catalog);
    expect('mip:role-class' in tagsOf(REQUESTS)).toBe(false);
    expect((await run(aws, catalog)).plan.changes).toEqual([]);
  });
});

describe('a queue of an algorithm that left', () => {
  const gone: Change<RequestQueueSpec> = { kind: 'request-queue', name: LETTERS, algorithm: 'seg', action: 'delete' };
  const at = (iso: string): Run => ({
    ...{ ...catalog.platform, commit: 'c', planDigest: 'd', now: () => new Date(iso) },
    ...{ clock: clockOf(aws), adopt: new Set<string>() },
  });

  async function leave(iso: string): Promise<void> {
    const observed = (await requestQueue.inspect(aws, catalog.platform, new Map([[LETTERS, undefined]]))).get(LETTERS);
    await requestQueue.apply(aws, { ...gone, ...(observed && { observed }) }, at(iso));
  }

  beforeEach(async () => {
    Object.assign(aws.memory.sqs.queues.get(LETTERS) ?? {}, { messages: 1 });
    await expect(leave('2026-01-01T00:00:00.000Z')).rejects.toThrow(`${LETTERS} still holds 1 dead letter: look at what went wrong`);
  });

  it('says since when it waits to be empty, and does so once', async () => {
    await expect(leave('2026-01-02T00:00:00.000Z')).rejects.toThrow(NotYet);
    expect(tagsOf(LETTERS)['mip:withdrawn']).toBe('2026-01-01T00:00:00.000Z');
    Object.assign(aws.memory.sqs.queues.get(LETTERS) ?? {}, { messages: 0 });
    await leave('2026-01-03T00:00:00.000Z');
    expect(aws.memory.sqs.queues.has(LETTERS)).toBe(false);
  });

  it('is taken back when the algorithm comes back, with what it holds', async () => {
    const report = await run(aws, catalog);
    expect(report.plan.changes.map(({ name, fields }) => ({ name, fields }))).toEqual([
      { name: LETTERS, fields: [{ path: '/withdrawn', from: true, to: false }] },
    ]);
    expect('mip:withdrawn' in tagsOf(LETTERS)).toBe(false);
    expect(aws.memory.sqs.queues.get(LETTERS)?.messages).toBe(1);
    expect((await run(aws, catalog)).plan.changes).toEqual([]);
  });

  it('is taken back even by a run that was killed half-way', async () => {
    for (let number = 1; number < 40; number++) {
      await expect(leave('2026-01-01T00:00:00.000Z')).rejects.toThrow(NotYet);
      await run(aws, input([algorithm('seg', { queue: { retention_days: 1 + (number % 2) } })]));
      await expect(leave('2026-01-01T00:00:00.000Z')).rejects.toThrow(NotYet);
      aws.world.restart();
      aws.world.killAt = { number, when: 'after' };
      await rerun(aws, catalog).catch((error) => expect(error).toBeInstanceOf(Killed));
      await run(aws, catalog);
      expect('mip:withdrawn' in tagsOf(LETTERS), `killed after call ${number}`).toBe(false);
      expect((await plan(aws, catalog, 'deep')).plan.changes, `killed after call ${number}`).toEqual([]);
    }
  });
});
