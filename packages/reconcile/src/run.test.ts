/** What a run leaves behind, what it may take over, and what somebody set by hand meanwhile. */
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { Registry } from '@mip/registry';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RunRecord } from './history.ts';
import { apply, plan } from './reconcile.ts';
import { algorithm, input, NOW, rerun, run, runOptions } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { stateOf } from './testing/state.ts';

let aws: MemoryAws;
beforeEach(() => {
  aws = new MemoryAws();
});

describe('the history', () => {
  const records = () => [...aws.memory.s3.objects].map(([key, body]) => ({ key, ...(JSON.parse(body) as RunRecord) }));

  it('has one document for each run, with what it did', async () => {
    const report = await run(aws, input([algorithm('seg')]));
    expect(records()).toMatchObject([
      {
        key: `mip-000000000000-eu-central-1-reconciles/runs/2026-01-01T00:00:00.000Z-${report.plan.digest.slice(7, 19)}.json`,
        schema: 'run/1',
        state: 'done',
        commit: 'c0ffee',
        plan: { digest: report.plan.digest },
        outcomes: report.outcomes,
      },
    ]);
    aws.world.now += 1000;
    await run(aws, input([algorithm('seg')]));
    expect(records().map(({ state, plan: { changes } }) => `${state} ${changes.length}`)).toEqual([
      `done ${report.plan.changes.length}`,
      'done 0',
    ]);
  });

  it('says which run was killed, and which failed', async () => {
    aws.world.killAt = { number: 26, when: 'before' };
    await rerun(aws, input([algorithm('seg')])).catch(() => undefined);
    aws.world.restart();
    aws.world.fail = ({ operation }) => (operation === 'CreateService' ? new Error('no') : undefined);
    await rerun(aws, input([algorithm('seg')]));
    expect(records().map(({ state }) => state)).toEqual(['running', 'failed']);
  });
});

describe('a run that is told to stop', () => {
  it('finishes what it does, leaves the rest, and gives its lease back', async () => {
    const wanted = input([algorithm('seg')]);
    const stop = new AbortController();
    aws.world.fail = ({ operation }) => {
      if (operation === 'RegisterTaskDefinition') stop.abort();
      return undefined;
    };
    const report = await apply(aws, await plan(aws, wanted), { ...runOptions(aws), signal: stop.signal });
    expect(report.ok).toBe(false);
    expect(aws.memory.ecs.revisions).toHaveLength(1);
    expect(aws.memory.ecs.services.size).toBe(0);
    expect(aws.memory.leases.items.size).toBe(0);
    expect((await run(aws, wanted)).ok).toBe(true);
  });
});

describe('adopting', () => {
  const wanted = input([algorithm('seg')]);
  const name = 'mip-seg-requests.fifo';
  const byHand = () =>
    aws.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: { FifoQueue: 'true', VisibilityTimeout: '30' } }));

  it('takes over what nobody owns, when told so by name, and makes it what the catalog says', async () => {
    await byHand();
    expect((await run(aws, wanted)).ok).toBe(false);
    const prepared = await plan(aws, { ...wanted, adopt: [name] });
    const adopted = prepared.plan.changes.find((change) => change.name === name);
    expect(adopted?.action).toBe('update');
    expect(adopted?.fields).toContainEqual({ path: '/tags/mip:algorithm', from: null, to: 'seg' });
    expect(adopted?.fields).toContainEqual({ path: '/VisibilityTimeout', from: '30', to: '900' });
    expect((await apply(aws, prepared, runOptions(aws))).ok).toBe(true);
    expect((await run(aws, wanted)).plan.changes).toEqual([]);
    expect(aws.memory.sqs.queues.get(name)).toMatchObject({ tags: { 'mip:managed-by': 'mip' }, attributes: { VisibilityTimeout: '900' } });
  });

  it('holds for that name and that run alone', async () => {
    await byHand();
    const prepared = await plan(aws, { ...wanted, adopt: ['mip-seg-requests-dlq.fifo'] });
    expect(prepared.plan.refusals).toHaveLength(1);
  });

  it('never takes from another catalog', async () => {
    await aws.sqs.send(
      new CreateQueueCommand({ QueueName: name, Attributes: { FifoQueue: 'true' }, tags: { 'mip:managed-by': 'theirs' } }),
    );
    const prepared = await plan(aws, { ...wanted, adopt: [name] });
    expect(prepared.plan.refusals[0]?.reason).toContain('belongs to catalog theirs');
  });

  it('takes over a row that belongs to nobody', async () => {
    aws.memory.registry.items.set('seg', { algorithm_name: 'seg', status: 'active' });
    expect((await run(aws, wanted)).ok).toBe(false);
    expect((await run(aws, { ...wanted, adopt: ['seg'] })).ok).toBe(true);
    expect(aws.memory.registry.items.get('seg')).toMatchObject({ managed_by: 'mip' });
  });
});

describe('a lost registry', () => {
  it('is written again from Git and from what runs, and nothing else is touched', async () => {
    const wanted = input([algorithm('seg'), algorithm('other')]);
    await run(aws, wanted);
    const before = stateOf(aws);
    aws.memory.registry.items.clear();
    const report = await run(aws, wanted);
    expect(report.outcomes.map(({ action, kind }) => `${action} ${kind}`)).toEqual(Array(2).fill('create registry-entry'));
    expect(aws.world.writes).toEqual(Array(2).fill('dynamodb:UpdateItem'));
    expect(stateOf(aws)).toEqual(before);
  });
});

describe('an override of the scale', () => {
  const wanted = input([algorithm('seg')]);
  const at = (ms: number) => ({ ...wanted, now: new Date(NOW + ms) });
  const override = (count: number, ms: number) =>
    new Registry(aws.dynamodb, 'mip-algorithms').scale('seg', 'mip', { count, until: new Date(NOW + ms).toISOString() });
  const tasks = () => aws.memory.ecs.services.get('mip-seg')?.settings.desiredCount;

  beforeEach(async () => {
    await run(aws, wanted);
    await override(5, 7_200_000);
  });

  it('is what apply sets, and then plan and drift are content with it', async () => {
    const report = await run(aws, wanted);
    expect(report.plan.changes.map(({ kind, fields }) => [kind, fields])).toEqual([
      [
        'scaling',
        [
          { path: '/actions/mip-seg-override-end', from: null, to: { schedule: 'at(2026-01-01T02:00:00)', min: 0, max: 8 } },
          { path: '/max', from: 8, to: 5 },
          { path: '/min', from: 0, to: 5 },
        ],
      ],
    ]);
    expect(tasks()).toBe(5);
    expect((await plan(aws, wanted)).plan.changes).toEqual([]);
    expect((await plan(aws, wanted, 'deep')).plan.changes).toEqual([]);
  });

  it('survives an update of everything else', async () => {
    await run(aws, wanted);
    await run(aws, input([algorithm('seg', { cpu: 2048, memory: 4096 })]));
    expect(tasks()).toBe(5);
    expect(aws.memory.registry.items.get('seg')?.scale_override).toMatchObject({ count: 5 });
  });

  it('ends at its time by itself: AAS puts the catalog’s bounds back, and neither plan nor drift has anything to do', async () => {
    await run(aws, wanted);
    expect((await plan(aws, at(7_199_999))).plan.changes).toEqual([]);
    aws.world.now = NOW + 7_200_000;
    aws.memory.scaling.tick();
    expect(aws.memory.scaling.targets.get('service/mip-cluster/mip-seg')).toMatchObject({ MinCapacity: 0, MaxCapacity: 8 });
    expect((await plan(aws, at(7_200_000))).plan.changes).toEqual([]);
    expect((await plan(aws, at(7_200_000), 'deep')).plan.changes).toEqual([]);
  });

  it('is over too where AAS goes on to list the action that ended it', async () => {
    aws.memory.scaling.forgetsWhatIsOver = false;
    await run(aws, wanted);
    aws.world.now = NOW + 7_200_000;
    aws.memory.scaling.tick();
    expect((await plan(aws, at(7_200_000), 'deep')).plan.changes).toEqual([]);
  });

  it('stops everything with 0, and is lost with the row of an algorithm that left', async () => {
    await override(0, 7_200_000);
    await run(aws, wanted);
    expect(tasks()).toBe(0);
  });

  it('is not taken for somebody else’s algorithm, nor for one that is not there', async () => {
    const registry = new Registry(aws.dynamodb, 'mip-algorithms');
    await expect(registry.scale('nothing', 'mip', { count: 1, until: '2030-01-01T00:00:00Z' })).rejects.toThrow(/no row nothing/);
    await expect(registry.scale('seg', 'theirs', { count: 1, until: '2030-01-01T00:00:00Z' })).rejects.toThrow(/no row seg/);
  });
});
