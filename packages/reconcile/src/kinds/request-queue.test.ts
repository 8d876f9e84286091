import { expect, it } from 'vitest';
import { algorithm, input, run } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { requestQueue } from './request-queue.ts';

const redrive = (maxReceiveCount: number) =>
  JSON.stringify({ deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:000000000000:mip-seg-requests-dlq.fifo', maxReceiveCount });

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
    fields: [{ path: '/RedrivePolicy', from: redrive(3), to: redrive(5) }],
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

it('both queues are FIFO with high throughput, and encrypted', async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg')]));
  const fifo = {
    FifoQueue: 'true',
    ContentBasedDeduplication: 'false',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    MessageRetentionPeriod: '1209600',
    SqsManagedSseEnabled: 'true',
    VisibilityTimeout: '900',
  };
  expect(aws.memory.sqs.queues.get('mip-seg-requests-dlq.fifo')?.attributes).toEqual(fifo);
  expect(aws.memory.sqs.queues.get('mip-seg-requests.fifo')?.attributes).toEqual({ ...fifo, RedrivePolicy: redrive(3) });
});
