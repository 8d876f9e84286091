import { expect, it } from 'vitest';
import { bucketOf, LIMITS, RATES } from './limits.ts';
import { lineName, physicalNames, releaseLine } from './names.ts';

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

it('the longest prefix, algorithm and version give names that AWS takes: no entry has a release that cannot be made', () => {
  const names = physicalNames({ prefix: 'p'.repeat(12), account: '0'.repeat(12), region: 'ap-southeast-2', platform: 'local' });
  const algorithm = 'a'.repeat(36);
  for (const line of [releaseLine(algorithm, '999.999.999'), lineName(algorithm, '999.0.0')]) {
    for (const queue of [names.requestQueue(line), names.deadLetterQueue(line), names.candidateQueue(line)]) {
      expect(queue.length).toBeLessThanOrEqual(LIMITS.sqs.queueName.max);
      expect(queue).toMatch(LIMITS.sqs.queueName.pattern);
    }
    expect(names.service(line)).toMatch(LIMITS.ecs.serviceName.pattern);
    expect(names.taskDefinition(line)).toMatch(LIMITS.ecs.familyName.pattern);
    expect(names.lineOfQueue(names.requestQueue(line))).toBe(line);
    expect(names.lineOfDeadLetters(names.deadLetterQueue(line))).toBe(line);
    expect(names.lineOf(names.service(line))).toBe(line);
  }
});

it.each([
  ['0.9.0', 'seg_v0'],
  ['1.0.0', 'seg'],
  ['1.99.3', 'seg'],
  ['2.0.0', 'seg_v2'],
  ['12.1.0', 'seg_v12'],
])('the default version %s has the line %s', (version, line) => {
  expect(lineName('seg', version)).toBe(line);
});
