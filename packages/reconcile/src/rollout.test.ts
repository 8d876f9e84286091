/** What can be wrong with a version, and what holds all the same: the version before answers, its row says why, the others go on. */

import { compileSchema } from '@mip/catalog';
import { CONFORMANCE_CLIENT } from '@mip/registry/names';
import { beforeEach, describe, expect, it } from 'vitest';
import { pinNow } from './pin.ts';
import { apply, plan } from './reconcile.ts';
import type { Report } from './run.ts';
import { algorithm, EVERY_KIND, frozen, input, platform, rerun, run, runOptions, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import type { Behaviour } from './testing/memory-fleet.ts';

/** A catalog of two algorithms: `other` changes along with `seg`, so that its way on is seen. */
function catalog(version: string, over: object = {}) {
  const edition = Number(version.split('.')[1]) + 1;
  const treeHashes = new Map(['seg', 'other'].map((name) => [name, treeHash(name, edition)]));
  const algorithms = [algorithm('seg', { ...EVERY_KIND, scaling: { min: 1, max: 8 }, version, ...over }), algorithm('other', { version })];
  return input(algorithms, { treeHashes, platform: platform('immutable'), allow: ['updates'] });
}

const GOOD = catalog('1.0.0');
const NEXT = catalog('1.1.0');

let aws: MemoryAws;
beforeEach(async () => {
  aws = new MemoryAws();
});

const row = (name = 'seg') => aws.memory.registry.items.get(name);
const service = () => aws.memory.ecs.services.get('mip-seg');
const deployments = () => service()?.deployments.map(({ status, rolloutState }) => `${status} ${rolloutState}`);

/** The version that the service's tasks are of. */
function running(): string | undefined {
  const revision = aws.memory.ecs.revisions.find(({ taskDefinitionArn }) => taskDefinitionArn === service()?.settings.taskDefinition);
  return revision?.registered.containerDefinitions?.[0]?.environment?.find(({ name }) => name === 'MIP_VERSION')?.value;
}

const outcomesOf = ({ outcomes }: Report, name: string) =>
  outcomes.filter((one) => one.algorithm === name).map(({ kind, result }) => `${kind} ${result}`);

/** What is wrong, what the run does about it, and the words that the version's author reads. */
const FAULTS: readonly (readonly [what: string, does: Behaviour, fails: 'conformance' | 'service', words: RegExp])[] = [
  ['crashes', 'crashes', 'conformance', /^its candidate stopped during the case abdomen: Essential container in task exited, exit code 1$/],
  ['hangs', 'hangs', 'conformance', /^its candidate was not through the case abdomen in 900 s$/],
  [
    'gives wrong pixels',
    'wrong pixels',
    'conformance',
    /^its candidate did not pass 1 of 1: case abdomen: 4096 of 4096 samples differ, by 1 at most$/,
  ],
  ['runs out of memory', 'out of memory', 'conformance', /OutOfMemoryError: Container killed due to memory usage, exit code 137$/],
  ['cannot be started', 'cannot start', 'conformance', /CannotPullContainerError: image not found$/],
  ['fails in a case', 'reports a fault', 'conformance', /case abdomen: the job failed with internal: the algorithm raised KeyError$/],
  [
    'passes and then fails as a service',
    'fails as a service',
    'service',
    /^its service did not come up: ECS deployment circuit breaker: tasks failed to start\.$/,
  ],
  [
    'passes and is then never steady',
    'never steady',
    'service',
    /^its service was not steady in 900 s: .*; it was put back on the version before$/,
  ],
];

describe.each(FAULTS)('a version that %s', (_, does, fails, words) => {
  beforeEach(async () => {
    await run(aws, GOOD);
    aws.fleet.does.set('seg@1.1.0', does);
  });

  it('answers nobody: service and row stay, the row says why, the run is red, the other algorithm goes on', async () => {
    const before = row();
    const report = await run(aws, NEXT);
    expect(report.ok).toBe(false);
    const result = report.outcomes.find((one) => one.result === 'failed');
    expect(result).toMatchObject({ algorithm: 'seg', kind: fails, reason: expect.stringMatching(words) });
    expect(outcomesOf(report, 'seg').at(-1)).toBe('registry-entry skipped');
    expect(running()).toBe('1.0.0');
    const { spec_hash: _hash, updated_at: _at, ...stays } = before ?? {};
    expect(row()).toMatchObject({ ...stays, status: 'failed', reason: result?.reason, failed_version: '1.1.0' });
    expect(row()).not.toHaveProperty('spec_hash');
    expect(outcomesOf(report, 'other').at(-1)).toBe('registry-entry done');
    expect(row('other')).toMatchObject({ status: 'active', version: '1.1.0' });
    expect(aws.memory.ecs.tasks.running).toEqual([]);
    const open = [...aws.memory.jobs.items.values()].filter(({ open_state }) => open_state !== undefined);
    expect(open).toEqual([]);
  });

  it('is tried again by the next run, is not believed, and takes over once it is mended', async () => {
    await run(aws, NEXT);
    const again = await run(aws, NEXT);
    expect(again.outcomes.find((one) => one.result === 'failed')).toMatchObject({ algorithm: 'seg', kind: fails });
    expect(running()).toBe('1.0.0');
    aws.fleet.does.clear();
    const mended = await run(aws, NEXT);
    expect(mended.ok).toBe(true);
    expect(running()).toBe('1.1.0');
    expect(row()).toMatchObject({ status: 'active', version: '1.1.0', conformance: { version: '1.1.0', cases: { passed: 1, total: 1 } } });
    expect(row()).not.toHaveProperty('reason');
    expect(row()).not.toHaveProperty('failed_version');
    expect((await run(aws, NEXT)).plan.changes).toEqual([]);
    expect(aws.world.writes).toEqual([]);
  });

  it('gives way to the version before when the catalog goes back to it', async () => {
    await run(aws, NEXT);
    const back = await run(aws, { ...GOOD, algorithms: GOOD.algorithms });
    expect(back.ok).toBe(true);
    expect(running()).toBe('1.0.0');
    expect(row()).toMatchObject({ status: 'active', version: '1.0.0' });
    expect(row()).not.toHaveProperty('reason');
    expect((await run(aws, GOOD)).plan.changes).toEqual([]);
  });

  it('that is the first has a row without a queue, and one with it once it is mended', async () => {
    const fresh = new MemoryAws();
    aws = fresh;
    aws.fleet.does.set('seg@1.0.0', does);
    const report = await run(aws, GOOD);
    expect(report.ok).toBe(false);
    expect(row()).toMatchObject({ status: 'failed', failed_version: '1.0.0', version: '1.0.0', entry: { name: 'seg' }, managed_by: 'mip' });
    expect(row()).not.toHaveProperty('queue_url');
    expect(row('other')).toMatchObject({ status: 'active' });
    expect((await run(aws, GOOD)).ok, 'it is still no good').toBe(false);
    aws.fleet.does.clear();
    expect((await run(aws, GOOD)).ok).toBe(true);
    expect(row()).toMatchObject({ status: 'active', queue_url: expect.stringContaining('mip-seg-requests.fifo') });
    expect(deployments()).toEqual(['PRIMARY COMPLETED']);
  });
});

describe('a candidate', () => {
  it('runs the cases of its version alone, on a queue of its own, as nobody’s jobs, with a life that ends', async () => {
    aws.casesOf = () => ['abdomen', 'head'];
    await run(aws, GOOD);
    expect(aws.fleet.ran.map(({ by }) => by)).toEqual(['seg@1.0.0', 'seg@1.0.0']);
    const check = compileSchema('job-message');
    for (const { message } of aws.fleet.ran) {
      expect(check(message).faults).toEqual([]);
      expect(message).toMatchObject({ client_id: CONFORMANCE_CLIENT, purpose: 'conformance', version: '1.0.0' });
    }
    const [task] = aws.memory.ecs.tasks.all.values();
    expect(task).toMatchObject({
      lastStatus: 'STOPPED',
      startedBy: 'candidate/seg',
      group: 'candidate:seg',
      environment: {
        MIP_QUEUE_URL: expect.stringContaining('/mip-seg-candidate.fifo'),
        MIP_DEAD_LETTERS: 'none',
        MIP_LIFETIME: '960',
      },
      tags: { 'mip:managed-by': 'mip', 'mip:algorithm': 'seg', 'mip:version': '1.0.0' },
    });
    expect(row()).toMatchObject({
      conformance: { version: '1.0.0', hash: expect.stringMatching(/^sha256:/), cases: { passed: 2, total: 2 } },
    });
  });

  it('has records that the table of jobs takes', async () => {
    aws.fleet.does.set('seg@1.0.0', 'hangs');
    await run(aws, GOOD);
    const check = compileSchema('job-record');
    const records = [...aws.memory.jobs.items.values()];
    expect(records).toHaveLength(1);
    for (const record of records) expect(check(record).faults).toEqual([]);
    expect(records[0]).toMatchObject({ state: 'cancelled' });
  });

  it('of an algorithm without cases there is none', async () => {
    await run(aws, input([algorithm('seg')]));
    expect(aws.memory.ecs.tasks.all.size).toBe(0);
    expect(aws.memory.sqs.queues.has('mip-seg-candidate.fifo')).toBe(false);
    expect(row()).not.toHaveProperty('conformance');
  });

  it('of a version that somebody pinned there is none: it ran before', async () => {
    await run(aws, GOOD);
    await run(aws, NEXT);
    aws.fleet.does.set('seg@1.0.0', 'wrong pixels');
    const tried = aws.memory.ecs.tasks.all.size;
    const pin = { version: '1.0.0', until: '2026-01-02T00:00:00.000Z', by: 'somebody' };
    const contracts = frozen(algorithm('seg', EVERY_KIND));
    const report = await pinNow(aws, { ...NEXT, contracts }, { algorithm: 'seg', pin }, runOptions(aws));
    expect(report.ok, JSON.stringify(report.outcomes)).toBe(true);
    expect(running()).toBe('1.0.0');
    expect(aws.memory.ecs.tasks.all.size).toBe(tried);
    expect(row()).not.toHaveProperty('conformance');
  });

  it('is asked again where only the cases change, without a new revision', async () => {
    await run(aws, GOOD);
    const [one] = EVERY_KIND.conformance ?? [];
    const report = await run(aws, catalog('1.0.0', { conformance: [one, { ...one, name: 'head' }] }));
    expect(outcomesOf(report, 'seg')).toEqual(['conformance done', 'registry-entry done']);
    expect(aws.memory.ecs.revisions.filter(({ family }) => family === 'mip-seg')).toHaveLength(1);
  });

  it('whose image is gone fails for that, and so does one whose cases cannot be made', async () => {
    await run(aws, GOOD);
    aws.world.restart();
    aws.world.distort = ({ operation, input: sent }, output) => {
      const { Bucket, Key = '' } = sent as { Bucket?: string; Key?: string };
      if (operation === 'PutObject' && Key.startsWith('conformance/')) aws.memory.s3.objects.delete(`${Bucket}/${Key}`);
      return output;
    };
    await rerun(aws, NEXT);
    expect(row()).toMatchObject({ status: 'failed', reason: expect.stringContaining('image-gone') });
    aws.casesOf = () => {
      throw new Error('there is no file abdomen.dcm in the repository');
    };
    await run(aws, NEXT);
    expect(row()).toMatchObject({ reason: 'the cases of seg cannot be judged: there is no file abdomen.dcm in the repository' });
    expect(running()).toBe('1.0.0');
  });

  it('without a case that can be run has shown nothing', async () => {
    aws.casesOf = () => [];
    await run(aws, GOOD);
    expect(row()).toMatchObject({ status: 'failed', reason: 'none of the cases of seg can be run, so it has shown nothing' });
    expect(aws.memory.ecs.tasks.all.size).toBe(0);
  });

  it('whose job somebody cancelled did not pass', async () => {
    await run(aws, GOOD);
    aws.world.restart();
    aws.world.fail = ({ operation }) => {
      for (const job of aws.memory.jobs.items.values())
        if (operation === 'DescribeTasks' && job.open_state) Object.assign(job, { state: 'cancelled', open_state: undefined });
      return undefined;
    };
    await rerun(aws, NEXT);
    expect(row()).toMatchObject({ status: 'failed', reason: expect.stringContaining('the job failed with cancelled') });
  });

  it('that AWS cannot start says nothing of the version: the row stays as it is', async () => {
    await run(aws, GOOD);
    aws.world.restart();
    aws.world.distort = ({ operation }, output) =>
      operation === 'RunTask' ? { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time' }] } : output;
    const report = await rerun(aws, NEXT);
    expect(report.outcomes.find(({ result }) => result === 'failed')?.reason).toBe(
      'ECS could not start a candidate of seg: Capacity is unavailable at this time',
    );
    expect(row()).toMatchObject({ status: 'active', version: '1.0.0' });
  });

  it('that is left by a run that was killed is stopped before another is started', async () => {
    aws.fleet.does.set('seg@1.0.0', 'hangs');
    const calls: number[] = [];
    aws.world.restart();
    aws.world.fail = ({ operation, number }) => void (operation === 'DescribeTasks' && calls.push(number));
    await rerun(aws, GOOD);
    const again = new MemoryAws();
    again.fleet.does.set('seg@1.0.0', 'hangs');
    again.world.killAt = { number: calls[0] as number, when: 'after' };
    await rerun(again, GOOD).catch(() => undefined);
    expect(again.memory.ecs.tasks.running).toHaveLength(1);
    again.fleet.does.clear();
    await run(again, GOOD);
    expect([...again.memory.ecs.tasks.all.values()].map(({ stoppedReason }) => stoppedReason)).toEqual([
      'left by a run that was killed',
      'its cases are over',
    ]);
  });
});

describe('a service that moves', () => {
  it('keeps the revision of the version before until it is steady', async () => {
    await run(aws, GOOD);
    aws.fleet.does.set('seg@1.1.0', 'never steady');
    await run(aws, NEXT);
    await run(aws, NEXT);
    const active = aws.memory.ecs.revisions.filter(({ family, status }) => family === 'mip-seg' && status === 'ACTIVE');
    expect(active.map(({ revision }) => revision)).toEqual([1, 2]);
  });

  it('that a run was killed on is waited for by the next before the row says so', async () => {
    await run(aws, GOOD);
    aws.world.restart();
    aws.fleet.does.set('seg@1.1.0', 'never steady');
    let update = 0;
    aws.world.fail = ({ operation, input: sent, number }) => {
      if (operation === 'UpdateService' && (sent as { service: string }).service === 'mip-seg') update ||= number;
      if (update && number > update + 3) aws.world.killAt = { number, when: 'before' };
      return undefined;
    };
    await rerun(aws, NEXT).catch(() => undefined);
    expect(deployments()).toEqual(['PRIMARY IN_PROGRESS', 'ACTIVE COMPLETED']);
    const late = await run(aws, NEXT);
    expect(late.ok).toBe(false);
    expect(row()).toMatchObject({ status: 'failed', version: '1.0.0' });
    expect(running()).toBe('1.0.0');
  });
});

describe('two versions that are merged within a minute', () => {
  it('the second waits for the first, and the last is the one that serves', async () => {
    await run(aws, GOOD);
    aws.world.restart();
    const last = catalog('1.2.0');
    const [first, second] = await Promise.all([plan(aws, NEXT), plan(aws, last)]);
    const reports = await Promise.all([apply(aws, first, runOptions(aws)), apply(aws, second, runOptions(aws))]);
    expect(reports.map(({ ok }) => ok)).toEqual([true, true]);
    expect(running()).toBe('1.2.0');
    expect(row()).toMatchObject({ version: '1.2.0', status: 'active', conformance: { version: '1.2.0' } });
    expect(aws.fleet.ran.map(({ by }) => by)).toEqual(['seg@1.0.0', 'seg@1.1.0', 'seg@1.2.0']);
    expect((await run(aws, last)).plan.changes).toEqual([]);
  });

  it('the first being no good, the second serves', async () => {
    await run(aws, GOOD);
    aws.fleet.does.set('seg@1.1.0', 'wrong pixels');
    aws.world.restart();
    const last = catalog('1.2.0');
    const [first, second] = await Promise.all([plan(aws, NEXT), plan(aws, last)]);
    const reports = await Promise.all([apply(aws, first, runOptions(aws)), apply(aws, second, runOptions(aws))]);
    expect(reports.map(({ ok }) => ok)).toEqual([false, true]);
    expect(row()).toMatchObject({ version: '1.2.0', status: 'active' });
    expect(row()).not.toHaveProperty('failed_version');
  });
});
