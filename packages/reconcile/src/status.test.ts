import { beforeEach, describe, expect, it } from 'vitest';
import { algorithmChecks, leaseCheck, oldestCheck } from './health.ts';
import { algorithmsOf, readStatus } from './status.ts';
import { algorithm, input, NOW, platform, run, settle } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';

let aws: MemoryAws;
beforeEach(() => {
  aws = new MemoryAws();
});

const owner = platform();
const now = () => new Date(aws.world.now);
const status = async (...names: string[]) => readStatus(aws, owner, names.length ? names : await algorithmsOf(aws, owner), now());
const queue = (name: string) => aws.memory.sqs.queues.get(name) as { messages: number };
const tasksOf = (name: string) => aws.memory.ecs.services.get(name) as { runningCount?: number };
const awake = { scaling: { min: 1, max: 4 } };
const both = input([algorithm('seg', awake), algorithm('stay', awake)]);

describe('the status of an algorithm', () => {
  it('says what the registry, ECS and SQS say', async () => {
    await run(aws, both);
    tasksOf('mip-seg').runningCount = 1;
    queue('mip-seg-requests.fifo').messages = 3;
    queue('mip-seg-requests-dlq.fifo').messages = 1;
    const [seg, stay] = await status();
    expect(seg).toMatchObject({
      algorithm: 'seg',
      state: 'live',
      entry: { version: '1.0.0', status: 'active', commit_sha: 'c0ffee', updated_at: '2026-01-01T00:00:00.000Z' },
      tasks: { desired: 1, running: 1 },
      requests: { waiting: 3, in_flight: 0 },
      dead_letters: 1,
    });
    expect(stay).toMatchObject({ algorithm: 'stay', state: 'starting', tasks: { desired: 1, running: 0 } });
  });

  it('shows a number of tasks that somebody set while it holds', async () => {
    await run(aws, both);
    const scale_override = { count: 4, until: '2026-01-01T01:00:00.000Z' };
    Object.assign(aws.memory.registry.items.get('seg') ?? {}, { scale_override });
    expect((await status('seg'))[0]?.entry).toMatchObject({ scale_override });
    aws.world.now += 3_600_000;
    expect((await status('seg'))[0]?.entry).not.toHaveProperty('scale_override');
  });

  it('says since when one that has left drains, and what it waits for', async () => {
    await run(aws, both);
    const left = input([algorithm('stay')]);
    await run(aws, left);
    queue('mip-seg-requests.fifo').messages = 2;
    queue('mip-seg-requests-dlq.fifo').messages = 1;
    const since = '2026-01-01T00:00:00.000Z';
    expect(await status('seg')).toMatchObject([{ state: 'draining', drain: { since, waits_for: '2 jobs to be worked off' } }]);
    queue('mip-seg-requests.fifo').messages = 0;
    expect(await status('seg')).toMatchObject([
      { state: 'draining', drain: { since, waits_for: '1 dead letter to be redriven or deleted' } },
    ]);
    queue('mip-seg-requests-dlq.fifo').messages = 0;
    await settle(aws, left);
    expect(await status('seg')).toEqual([{ algorithm: 'seg', state: 'absent' }]);
    expect((await status()).map((one) => one.algorithm)).toEqual(['stay']); // an image that stays is no algorithm
  });

  it('of ones that do not run is that of the registry', async () => {
    await run(aws, input([algorithm('off', { status: 'inactive' }), algorithm('seg')]));
    Object.assign(aws.memory.registry.items.get('seg') ?? {}, { status: 'failed', reason: 'wrong pixels' });
    expect(await status()).toMatchObject([
      { algorithm: 'off', state: 'inactive', tasks: { desired: 0 } },
      { algorithm: 'seg', state: 'failed', entry: { reason: 'wrong pixels' } },
    ]);
  });
});

describe('the checks of algorithms', () => {
  const verdicts = async () => Object.fromEntries(algorithmChecks(await status()).map(({ check, verdict }) => [check, verdict]));

  it('fail where nothing runs that should, and warn of dead letters and of what starts', async () => {
    await run(aws, input([algorithm('seg', { scaling: { min: 2, max: 4 } })]));
    expect(await verdicts()).toEqual({ services: 'failed', rollouts: 'ok', 'dead letters': 'ok', draining: 'ok' });
    tasksOf('mip-seg').runningCount = 1;
    queue('mip-seg-requests-dlq.fifo').messages = 1;
    expect(await verdicts()).toMatchObject({ services: 'warning', 'dead letters': 'warning' });
    tasksOf('mip-seg').runningCount = 2;
    queue('mip-seg-requests-dlq.fifo').messages = 0;
    expect(await verdicts()).toMatchObject({ services: 'ok', 'dead letters': 'ok' });
    Object.assign(aws.memory.registry.items.get('seg') ?? {}, { status: 'failed', reason: 'wrong pixels' });
    expect(algorithmChecks(await status())).toContainEqual({ check: 'rollouts', verdict: 'failed', detail: 'seg: wrong pixels' });
  });
});

describe('other checks', () => {
  const at = new Date(NOW);
  const before = (seconds: number) => new Date(NOW - seconds * 1000);

  it.each([
    [899, 'ok'],
    [901, 'warning'],
  ])('a job that has waited %d s is %s', (seconds, verdict) => {
    const job = { algorithm: 'seg', open_state: 'queued', updated_at: before(seconds).toISOString() };
    expect(oldestCheck(job, at)).toEqual({ check: 'open jobs', verdict, detail: `the oldest, of seg, has been queued for ${seconds} s` });
  });

  it('no open job is fine, and so is no lease', () => {
    expect([oldestCheck(undefined, at).verdict, leaseCheck(undefined, at).verdict]).toEqual(['ok', 'ok']);
  });

  it('a lease that is held is an apply that runs, and one that is over that of a killed one', () => {
    expect(leaseCheck({ holder: 'ann', expires_at: NOW + 1 }, at)).toEqual({
      check: 'lease',
      verdict: 'ok',
      detail: 'an apply is running (ann)',
    });
    expect(leaseCheck({ holder: 'ann', expires_at: NOW }, at).verdict).toBe('warning');
  });
});
