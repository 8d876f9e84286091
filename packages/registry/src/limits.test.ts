import { expect, it } from 'vitest';
import { bucketOf, LIMITS, RATES } from './limits.ts';

it('an operation takes from one bucket at most', () => {
  const operations = RATES.flatMap((bucket) => bucket.operations);
  expect(new Set(operations).size).toBe(operations.length);
  expect(new Set(RATES.map(({ name }) => name)).size).toBe(RATES.length);
  expect(bucketOf('ecs:RegisterTaskDefinition')).toMatchObject({ burst: 20, perSecond: 1 });
  expect(bucketOf('sqs:SendMessage')).toBeUndefined();
});

/** The pairs as AWS's table words them: vCPU, least and most GB, step in GB. */
it.each([
  [0.25, [0.5, 1, 2]],
  [0.5, [1, 2, 3, 4]],
  [1, [2, 3, 4, 5, 6, 7, 8]],
  [2, Array.from({ length: 13 }, (_, index) => 4 + index)],
  [4, Array.from({ length: 23 }, (_, index) => 8 + index)],
  [8, Array.from({ length: 12 }, (_, index) => 16 + 4 * index)],
  [16, Array.from({ length: 12 }, (_, index) => 32 + 8 * index)],
])('Fargate gives %d vCPU these memories', (vcpu, gigabytes) => {
  expect(LIMITS.fargate.memory[vcpu * 1024]).toEqual(gigabytes.map((one) => one * 1024));
});
