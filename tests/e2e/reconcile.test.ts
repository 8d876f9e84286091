/** What a platform engineer meets: a catalog of sixteen on the local cloud, refusals, adoption, a number of tasks by hand, an algorithm that leaves. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { CreateQueueCommand, GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud, copyRepository } from '../cloud.ts';

const repository = copyRepository();
const cloud = new Cloud(repository);
const mip = (...args: string[]) => cloud.mip(args);
const UP_MS = 240_000;
/** The catalog of this repository. */
const OWN = ['grayscale', 'openmp-template', 'python-advanced', 'python-simple', 'threshold-ccl', 'window-level'];
const EXTRA = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'].map((letter) => `extra-${letter}-window`);

const fileOf = (name: string) => join(repository, 'catalog/algorithms', `${name}.yaml`);
const template = readFileSync(fileOf('window-level'), 'utf8');

/** Without tasks, so that so many algorithms are not as many workers. */
function write(name: string): void {
  writeFileSync(fileOf(name), template.replace('name: window-level', `name: ${name}\nstatus: inactive`));
}

function clients() {
  return { ecs: new ECSClient(cloud.connection), sqs: new SQSClient(cloud.connection) };
}

async function desiredCount(service: string): Promise<number | undefined> {
  const { services = [] } = await clients().ecs.send(new DescribeServicesCommand({ cluster: 'mip-cluster', services: [service] }));
  return services[0]?.desiredCount;
}

const listed = () => JSON.parse(mip('list', '--json').out).map((row: { algorithm_name: string }) => row.algorithm_name);

beforeAll(async () => {
  for (const name of EXTRA) write(name);
  expect(await cloud.start(), cloud.printed).toBe(undefined);
}, UP_MS);

afterAll(async () => {
  await cloud.remove();
  rmSync(repository, { recursive: true, force: true });
}, 60_000);

describe('a catalog of sixteen', () => {
  it('is in sync after the start', () => {
    expect(listed()).toEqual([...EXTRA, ...OWN]);
    const plan = mip('plan');
    expect(plan.code, plan.out + plan.err).toBe(0);
  });

  it('whose queue somebody changed by hand shows that field by field to a drift, which can heal it', async () => {
    const { sqs } = clients();
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'mip-window-level-requests.fifo' }));
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '7' } }));
    expect(mip('plan').code).toBe(0); // a plan believes the hash that was left on it
    const drift = mip('drift');
    expect(drift.code).toBe(2);
    expect(drift.out).toMatch(/mip-window-level-requests\.fifo .*\n {6}\/VisibilityTimeout {2}7 → 900\n/);
    expect(mip('drift', '--heal').out).toMatch(/1 done/);
    expect(mip('drift').code).toBe(0);
  });

  it('of which five are deleted is refused, and nothing is touched', () => {
    const gone = EXTRA.slice(0, 5);
    for (const name of gone) rmSync(fileOf(name));
    const apply = mip('apply');
    expect(apply.code).toBe(1);
    expect(apply.err).toContain('5 of 16 algorithms would be deleted, more than 30 %. If that is meant, allow "deletes" for this run.');
    expect(listed()).toHaveLength(16);
    for (const name of gone) write(name);
    expect(mip('plan').code).toBe(0);
  });

  it('is not made over a queue that nobody owns, until somebody adopts it by name', async () => {
    const QueueName = 'mip-extra-k-window-requests.fifo';
    await clients().sqs.send(new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true', VisibilityTimeout: '7' } }));
    write('extra-k-window');
    const refused = mip('apply');
    expect(refused.code).toBe(1);
    expect(refused.out).toContain(`request-queue ${QueueName} exists and belongs to nobody that tagged it; it is never overwritten`);
    expect(listed()).not.toContain('extra-k-window');
    const planned = mip('plan', '--adopt', QueueName);
    expect(planned.code).toBe(2);
    expect(planned.out).toMatch(/\/VisibilityTimeout {2}7 → 900/);
    const adopted = mip('apply', '--adopt', QueueName);
    expect(adopted.code, adopted.out + adopted.err).toBe(0);
    expect(listed()).toContain('extra-k-window');
    expect(mip('drift').code).toBe(0);
  });

  it('runs a number of tasks that somebody sets, and plan and drift respect it until it is taken back', async () => {
    const scaled = mip('scale', 'extra-a-window', '2', '--for', '1h');
    expect(scaled.code, scaled.out + scaled.err).toBe(0);
    expect(await desiredCount('mip-extra-a-window')).toBe(2);
    expect(mip('plan').code).toBe(0);
    expect(mip('drift').code).toBe(0);
    expect(mip('scale', 'extra-a-window', 'catalog').code).toBe(0);
    expect(await desiredCount('mip-extra-a-window')).toBe(0);
    expect(mip('scale', 'nothing', '2').err).toMatch(/the catalog has no algorithm nothing/);
    expect(mip('scale', 'extra-a-window', 'many').err).toMatch(/"many" is no number of tasks/);
  });

  it('lets an algorithm drain for a minute before it goes, and keeps its images until they are purged', async () => {
    rmSync(fileOf('extra-j-window'));
    const first = mip('apply');
    expect(first.code, first.out + first.err).toBe(0);
    expect(first.out).toMatch(/waiting extra-j-window: delete service .* so run it again then/);
    expect(listed()).not.toContain('extra-j-window');
    await new Promise((resolve) => setTimeout(resolve, 61_000));
    expect(mip('apply').code).toBe(0);
    expect(mip('plan').code).toBe(0);
    expect(mip('purge').out).toMatch(/extra-j-window +mip-extra-j-window/);
    expect(mip('purge', 'extra-j-window', '--yes').out).toContain('deleted mip-extra-j-window and its images');
    expect(mip('purge', 'window-level', '--yes').err).toMatch(/no retired images of window-level/);
  }, 120_000);
});
