import { CreateServiceCommand, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { beforeEach, describe, expect, it } from 'vitest';
import { KINDS } from './kinds/index.ts';
import { apply, plan, Refused } from './reconcile.ts';
import { algorithm, FOREIGN_IMAGE, imported, input, platform, rerun, run, runOptions, settle, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { stateOf } from './testing/state.ts';

let aws: MemoryAws;
beforeEach(() => {
  aws = new MemoryAws();
});

describe('a new algorithm', () => {
  it('is made kind by kind, the row last', async () => {
    const report = await run(aws, input([algorithm('seg')]));
    expect(report.outcomes.map(({ action, kind, name, result }) => `${result}: ${action} ${kind} ${name}`)).toEqual([
      'done: create image-repository mip-seg',
      'done: create request-queue mip-seg-requests-dlq.fifo',
      'done: create request-queue mip-seg-requests.fifo',
      'done: create task-role mip-eu-central-1-seg-task',
      'done: create task-definition mip-seg',
      'done: create service mip-seg',
      'done: create scaling mip-seg',
      'done: create registry-entry seg',
    ]);
    expect(aws.world.writes.at(-1)).toBe('dynamodb:UpdateItem'); // that of the row
  });

  it('is tagged everywhere', async () => {
    await run(aws, input([algorithm('seg')]));
    const { ecr, ecs, iam, sqs } = aws.memory;
    const unversioned = [...ecr.repositories.values(), ...sqs.queues.values(), ...iam.roles.values()];
    const versioned = [...ecs.revisions, ...ecs.services.values()];
    for (const { tags } of [...unversioned, ...versioned])
      expect(tags).toMatchObject({
        'mip:managed-by': 'mip',
        'mip:algorithm': 'seg',
        'mip:spec-hash': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      });
    for (const { tags } of versioned) expect(tags['mip:version']).toBe('1.0.0');
  });

  it('gets a task with everything a worker needs, pinned by digest', async () => {
    await run(aws, input([algorithm('seg')]));
    const task = aws.memory.ecs.revisions[0]?.registered.containerDefinitions?.[0];
    const digest = aws.memory.ecr.repositories.get('mip-seg')?.images.get('v1.0.0')?.digest;
    expect(task).toMatchObject({
      name: 'worker',
      image: `000000000000.dkr.ecr.eu-central-1.amazonaws.com/mip-seg@${digest}`,
      user: '65532',
      readonlyRootFilesystem: true,
      stopTimeout: 120,
      dockerLabels: { 'mip.tree-hash': treeHash('seg') },
      secrets: [
        { name: 'MIP_IMAGES_KEY', valueFrom: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:mip/images/key-AbCdEf' },
        { name: 'MIP_WORKERS_KEY', valueFrom: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:mip/images/workers-key-GhIjKl' },
      ],
    });
    const { MIP_ENTRY, MIP_PLAN_DIGEST, ...environment } = Object.fromEntries(
      task?.environment?.map(({ name, value }) => [name, value]) ?? [],
    );
    expect(environment).toEqual({
      AWS_REGION: 'eu-central-1',
      MIP_ALGORITHM: 'seg',
      MIP_VERSION: '1.0.0',
      MIP_IMAGE_DIGEST: digest,
      MIP_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/000000000000/mip-seg-requests.fifo',
      MIP_JOBS_TABLE: 'mip-jobs',
      MIP_IMAGES_TABLE: 'mip-images',
      MIP_IMAGES_BUCKET: 'mip-000000000000-eu-central-1-images',
      MIP_IMAGE_STORE_URL: 'http://internal-mip-dicomweb-1.eu-central-1.elb.amazonaws.com/dicomweb',
      MIP_PACS: '[]',
      MIP_DEFAULT_PACS: 'built-in',
      MIP_MAX_IMAGE_BYTES: '2147483648',
      MIP_MAX_RESULT_BYTES: '2147483648',
      MIP_RESULTS_BUCKET: 'mip-000000000000-eu-central-1-results',
      MIP_RESULTS_QUEUE: 'mip-results.fifo',
      MIP_PLATFORM: 'test',
      MIP_TIMEOUT: '900',
      MIP_CHILDREN: '1',
      MIP_MEMORY_MIB: '2048',
      MIP_COMMIT: 'c0ffee',
    });
    expect(MIP_PLAN_DIGEST).toMatch(/^sha256:/);
    expect(JSON.parse(MIP_ENTRY ?? '')).toMatchObject({ name: 'seg', version: '1.0.0', parameters: { threshold: { default: 81.8 } } });
  });

  it('of somebody else is run from that digest and has no repository', async () => {
    await run(aws, input([imported('seg')]));
    expect(aws.memory.ecr.repositories.size).toBe(0);
    expect(aws.memory.ecs.revisions[0]?.registered.containerDefinitions?.[0]?.image).toBe(FOREIGN_IMAGE);
    expect(aws.memory.registry.items.get('seg')).toMatchObject({ image_uri: FOREIGN_IMAGE });
  });

  it('that is inactive runs nothing and says so in its row', async () => {
    await run(aws, input([algorithm('seg', { status: 'inactive' })]));
    expect(aws.memory.ecs.services.get('mip-seg')?.settings.desiredCount).toBe(0);
    expect(aws.memory.registry.items.get('seg')).toMatchObject({ status: 'inactive' });
  });
});

describe('a second run', () => {
  it('writes nothing and looks closely at nothing', async () => {
    const wanted = input([algorithm('seg'), imported('other')]);
    await run(aws, wanted);
    const report = await run(aws, wanted);
    expect(report.plan.changes).toEqual([]);
    expect(aws.world.writes).toEqual([]);
    const made = report.calls.filter(({ service }) => service !== 's3').map(({ operation }) => operation);
    aws.world.restart();
    for (const kind of KINDS) await kind.list(aws, wanted.platform);
    expect(made).toEqual(aws.calls.counts.map(({ operation }) => operation));
  });

  it('that was planned before the first was applied finds everything done', async () => {
    const wanted = input([algorithm('seg')]);
    const late = await plan(aws, wanted);
    await run(aws, wanted);
    aws.world.restart();
    const report = await apply(aws, late, runOptions(aws));
    expect(report.outcomes.map(({ result }) => result)).toEqual(Array(8).fill('done'));
    expect(aws.world.writes).toEqual([]);
  });

  it('pages through hundreds of algorithms, and stays in sync', async () => {
    const wanted = input(Array.from({ length: 130 }, (_, index) => imported(`seg-${index}`)));
    const first = await run(aws, wanted);
    expect(first.ok).toBe(true);
    expect(first.outcomes).toHaveLength(130 * 7);
    const second = await run(aws, wanted);
    expect(second.plan.changes).toEqual([]);
    // Pages: repositories, 260 queues, 130 task definitions, 130 services; what two kinds look at is read once.
    expect(second.calls.find(({ operation }) => operation === 'GetResources')?.count).toBe(1 + 3 + 2 + 2);
  });

  it('keeps the time a row was made, and what others wrote into it', async () => {
    await run(aws, input([algorithm('seg')]));
    Object.assign(aws.memory.registry.items.get('seg') ?? {}, { scale_override: { count: 1, until: '2020-01-01T00:00:00.000Z' } });
    aws.world.now += 60_000;
    await run(aws, input([algorithm('seg', { cpu: 2048, memory: 4096 })]));
    expect(aws.memory.registry.items.get('seg')).toMatchObject({
      cpu: 2048,
      scale_override: { count: 1, until: '2020-01-01T00:00:00.000Z' },
      created_at: '2026-01-01T00:00:00.000Z',
      updated_at: '2026-01-01T00:01:00.000Z',
    });
  });
});

describe('an algorithm that leaves the catalog', () => {
  const both = input([algorithm('seg'), algorithm('stay')]);
  const left = input([algorithm('stay')]);
  const queueOf = (name: string) => aws.memory.sqs.queues.get(name) as { messages: number; tags: Record<string, string> };

  it('is withdrawn at once, and is not gone before SQS can tell whether a job is left', async () => {
    await run(aws, both);
    const report = await run(aws, left);
    expect(report.outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'waiting', ...Array(5).fill('skipped')]);
    expect(report.outcomes[2]?.reason).toBe(
      'seg was withdrawn at 2026-01-01T00:00:00.000Z; SQS can tell 60 seconds later whether a job is left, so run it again then',
    );
    expect(report.ok).toBe(true);
    expect([...aws.memory.registry.items.keys()]).toEqual(['stay']);
    queueOf('mip-seg-requests.fifo').messages = 1; // sent by a router that still had the row
    aws.world.now += 60_000;
    expect((await run(aws, left)).outcomes[0]?.reason).toBe('mip-seg-requests.fifo still holds 1 message to be worked off');
    expect(aws.memory.ecs.services.get('mip-seg')?.status).toBe('ACTIVE');
  });

  it('goes in the reverse order once nothing is left, and its images stay', async () => {
    await run(aws, both);
    const report = await settle(aws, left);
    expect(report.outcomes.map(({ kind, name, result }) => `${result} ${kind} ${name}`)).toEqual([
      'done service mip-seg',
      'done task-definition mip-seg',
      'done task-role mip-eu-central-1-seg-task',
      'done request-queue mip-seg-requests.fifo',
      'done request-queue mip-seg-requests-dlq.fifo',
      'done image-repository mip-seg',
    ]);
    expect(aws.memory.ecr.repositories.get('mip-seg')?.images.size).toBe(1);
    expect((await run(aws, left)).plan.changes).toEqual([]);
  });

  it('keeps dead letters until somebody has looked at them', async () => {
    await run(aws, both);
    await run(aws, left);
    queueOf('mip-seg-requests-dlq.fifo').messages = 1;
    aws.world.now += 60_000;
    const report = await run(aws, left);
    expect(report.outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'done', 'waiting', 'skipped']);
  });

  it('that comes back while it drains is as if it had never left, and leaves as slowly again', async () => {
    await run(aws, both);
    const before = stateOf(aws);
    await run(aws, left);
    const report = await run(aws, both);
    expect(report.outcomes.map(({ action, kind, result }) => `${result} ${action} ${kind}`)).toEqual([
      'done update service',
      'done create scaling',
      'done create registry-entry',
    ]);
    expect(stateOf(aws)).toEqual(before);
    aws.world.now += 3_600_000;
    expect((await run(aws, left)).outcomes[2]?.result).toBe('waiting');
  });

  it('that is gone comes back after the minute that SQS wants', async () => {
    await run(aws, both);
    await settle(aws, left);
    const soon = await run(aws, both);
    expect(soon.outcomes.find(({ result }) => result === 'waiting')?.reason).toMatch(/refuses the name .* for 60 seconds/);
    aws.world.now += 60_000;
    expect((await run(aws, both)).outcomes.every(({ result }) => result === 'done')).toBe(true);
    expect((await run(aws, both)).plan.changes).toEqual([]);
    expect(aws.memory.ecr.repositories.get('mip-seg')?.tags['mip:retired']).toBeUndefined();
    expect(aws.memory.ecs.services.get('mip-seg')?.status).toBe('ACTIVE'); // the index never forgot the old one
    expect(aws.memory.registry.items.has('seg')).toBe(true);
  });

  it('counts as deleted once, however long it drains', async () => {
    const four = ['a', 'b', 'c', 'd'].map((name) => algorithm(name));
    await run(aws, input(four));
    await run(aws, input(four.slice(2)));
    const prepared = await plan(aws, input(four.slice(3)));
    expect(prepared.plan.changes.filter(({ kind }) => kind === 'service')).toHaveLength(3);
    expect(prepared.dangers).toEqual([]);
  });
});

describe('what is not owned', () => {
  it('is never overwritten, and stops that algorithm alone', async () => {
    await makeUnowned('mip-seg');
    const before = stateOf(aws);
    const report = await run(aws, input([algorithm('seg')]));
    expect(report.ok).toBe(false);
    expect(report.plan.refusals).toEqual([
      {
        kind: 'service',
        name: 'mip-seg',
        algorithm: 'seg',
        reason:
          'service mip-seg exists and belongs to nobody that tagged it; it is never overwritten. To take it over, adopt it by this name',
        cause: { file: 'catalog/algorithms/seg.yaml', pointer: '', line: 1 },
      },
    ]);
    expect(stateOf(aws)).toEqual(before);
    await run(aws, input([algorithm('seg'), algorithm('other')]));
    expect([...aws.memory.registry.items.keys()]).toEqual(['other']);
  });

  it('of another catalog is not deleted and not taken over', async () => {
    await run(aws, input([algorithm('seg')], { platform: platform('immutable', 'theirs') }));
    const mine = await run(aws, input([algorithm('mine')]));
    expect(mine.plan.changes.every(({ algorithm }) => algorithm === 'mine')).toBe(true);
    const before = stateOf(aws);
    const taken = await run(aws, input([algorithm('mine'), algorithm('seg')]));
    expect(taken.plan.refusals.map(({ reason }) => reason)).toContain(
      'registry-entry seg exists and belongs to catalog theirs; it is never overwritten',
    );
    expect(stateOf(aws)).toEqual(before);
  });

  it('that appears between plan and apply is seen before the write', async () => {
    const prepared = await plan(aws, input([algorithm('seg')]));
    await makeUnowned('mip-seg');
    const report = await apply(aws, prepared, runOptions(aws));
    expect(report.outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'done', 'done', 'refused', 'skipped', 'skipped']);
  });
});

describe('a source that changed', () => {
  const changed = (tagPolicy: 'immutable' | 'mutable') =>
    input([algorithm('seg')], { treeHashes: new Map([['seg', treeHash('seg', 2)]]), platform: platform(tagPolicy) });

  it('without a new version is refused where tags may not move', async () => {
    await run(aws, input([algorithm('seg')]));
    const report = await run(aws, changed('immutable'));
    expect(report.plan.refusals[0]?.reason).toContain('source changed without a new version');
    expect(aws.world.writes).toEqual([]);
  });

  it('is pushed, rolled out and published where they may', async () => {
    await run(aws, input([algorithm('seg')], { platform: platform('mutable') }));
    const before = aws.memory.registry.items.get('seg')?.image_uri;
    const report = await run(aws, changed('mutable'));
    expect(report.outcomes.map(({ kind }) => kind)).toEqual(['image-repository', 'task-definition', 'service', 'registry-entry']);
    expect(aws.memory.registry.items.get('seg')).toMatchObject({ tree_hash: treeHash('seg', 2) });
    expect(aws.memory.registry.items.get('seg')?.image_uri).not.toBe(before);
  });

  it('with a new version gets a new tag beside the old one', async () => {
    await run(aws, input([algorithm('seg')]));
    await run(aws, input([algorithm('seg', { version: '1.1.0' })], { treeHashes: new Map([['seg', treeHash('seg', 2)]]) }));
    expect([...(aws.memory.ecr.repositories.get('mip-seg')?.images.keys() ?? [])]).toEqual(['v1.0.0', 'v1.1.0']);
    expect(aws.memory.registry.items.get('seg')).toMatchObject({ version: '1.1.0' });
  });
});

describe('an image that comes from elsewhere from now on', () => {
  it('takes the repository away last, when nothing runs from it any more', async () => {
    await run(aws, input([algorithm('seg')]));
    const report = await run(aws, input([imported('seg')])); // a repository that goes is no algorithm that is deleted
    expect(report.outcomes.map(({ action, kind, result }) => `${result} ${action} ${kind}`)).toEqual([
      'done update task-definition',
      'done update service',
      'done update registry-entry',
      'done delete image-repository',
    ]);
    expect((await run(aws, input([imported('seg')]))).plan.changes).toEqual([]);
  });
});

describe('when something fails', () => {
  const three = input([algorithm('a'), algorithm('b'), algorithm('c')]);

  it('the algorithm stops there, the others go on, and the next run converges', async () => {
    aws.world.fail = ({ operation, input }) =>
      operation === 'RegisterTaskDefinition' && (input as { family: string }).family === 'mip-b'
        ? new Error('ThrottlingException')
        : undefined;
    const report = await rerun(aws, three);
    expect(report.ok).toBe(false);
    expect(report.outcomes.filter(({ algorithm }) => algorithm === 'b').map(({ result, reason }) => `${result} ${reason}`)).toEqual([
      'done ',
      'done ',
      'done ',
      'done ',
      'failed ThrottlingException',
      'skipped because task-definition mip-b is failed',
      'skipped because task-definition mip-b is failed',
      'skipped because task-definition mip-b is failed',
    ]);
    expect([...aws.memory.registry.items.keys()].sort()).toEqual(['a', 'c']);
    const second = await run(aws, three);
    expect(second.outcomes.map(({ algorithm, kind }) => `${algorithm} ${kind}`)).toEqual([
      'b task-definition',
      'b service',
      'b scaling',
      'b registry-entry',
    ]);
    expect((await run(aws, three)).plan.changes).toEqual([]);
  });

  it('while publishing an image, the repository does not claim to hold it', async () => {
    const publish = aws.images.publish;
    Object.assign(aws.images, { publish: () => Promise.reject(new Error('no registry')) });
    const report = await run(aws, input([algorithm('seg')]));
    expect(report.outcomes[0]).toMatchObject({ result: 'failed', reason: 'no registry' });
    expect(aws.memory.ecr.repositories.get('mip-seg')?.tags['mip:spec-hash']).toBeUndefined();
    Object.assign(aws.images, { publish });
    expect((await run(aws, input([algorithm('seg')]))).ok).toBe(true);
  });

  it.each(['GetResources', 'Scan', 'ListServices', 'ListTaskDefinitionFamilies', 'ListRoles', 'DescribeServices'])(
    'in %s while observing, nothing is planned: unread is not absent',
    async (operation) => {
      await run(aws, input([algorithm('seg')]));
      aws.world.restart();
      aws.world.fail = (call) => (call.operation === operation ? new Error('AccessDenied') : undefined);
      await expect(plan(aws, input([algorithm('seg', { cpu: 2048, memory: 4096 })]))).rejects.toThrow('AccessDenied');
    },
  );

  it('in reading part of the catalog, what that part may want is not planned to go', async () => {
    await run(aws, input([algorithm('seg'), algorithm('broken')]));
    const { plan: made, dangers } = await plan(aws, input([algorithm('seg')], { faults: ['catalog/algorithms/broken.yaml:1:1 error'] }));
    expect(made.changes).toEqual([]);
    expect(made.cost?.to).toEqual(made.cost?.from);
    expect(made.quotas[0]).toMatchObject({ quota: 'ecs_services', needed: 2 });
    expect(dangers).toEqual([expect.stringContaining('The catalog cannot be read')]);
  });

  it('a fault in the catalog stops apply before the first write', async () => {
    await run(aws, input([algorithm('seg')]));
    await expect(run(aws, input([algorithm('seg')], { faults: ['catalog/algorithms/b.yaml:1:1 error'] }))).rejects.toThrow(Refused);
    expect(aws.world.writes).toEqual([]);
  });
});

/** A service that somebody made by hand. */
async function makeUnowned(serviceName: string): Promise<void> {
  const size = { cpu: '256', memory: '512' };
  await aws.ecs.send(new RegisterTaskDefinitionCommand({ family: 'theirs', containerDefinitions: [{ name: 'x', image: 'x' }], ...size }));
  await aws.ecs.send(new CreateServiceCommand({ cluster: 'mip-cluster', serviceName, taskDefinition: 'theirs', desiredCount: 1 }));
}
