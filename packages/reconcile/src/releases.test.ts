/** Several versions at once: each on a line of its own, majors beside one another, and what goes drains. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Algorithm } from './algorithm.ts';
import { algorithmChecks } from './health.ts';
import type { Input } from './reconcile.ts';
import { plan } from './reconcile.ts';
import type { Report } from './run.ts';
import { readStatus } from './status.ts';
import { algorithm, frozen, input, NOW, run, settle, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { sorted, stateOf } from './testing/state.ts';

let aws: MemoryAws;
beforeEach(() => {
  aws = new MemoryAws();
});

const OLD = algorithm('seg');
const NEW = algorithm('seg', { version: '1.1.0', description: 'Finds more of it.' });
const MAJOR = algorithm('seg', { version: '2.0.0', parameters: {} });
const STAY = algorithm('stay');
const CONTRACTS = frozen(OLD, NEW, MAJOR, STAY);

/** The edition of the source goes with the version. */
const EDITIONS: Readonly<Record<string, number>> = { '1.0.0': 1, '1.1.0': 2, '2.0.0': 3 };

function of(seg: Algorithm, over: Partial<Input> = {}): Input {
  const treeHashes = new Map([
    ['seg', treeHash('seg', EDITIONS[seg.version])],
    ['stay', treeHash('stay')],
  ]);
  return input([seg, STAY], { treeHashes, contracts: CONTRACTS, ...over });
}

const serving = (entry: Algorithm, ...releases: NonNullable<Algorithm['releases']>): Algorithm => ({ ...entry, releases });

function changesIn({ plan: { changes } }: Pick<Report, 'plan'>): readonly string[] {
  return changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`);
}

const names = (map: ReadonlyMap<string, unknown>) => [...map.keys()].sort();
const active = ({ memory }: MemoryAws) =>
  [...memory.ecs.services].flatMap(([name, { status }]) => (status === 'ACTIVE' ? [name] : [])).sort();
const services = () => active(aws);
/** SQS's count of messages in the queue of a line. */
const fill = (line: string, messages: number) => Object.assign(aws.memory.sqs.queues.get(`mip-${line}-requests.fifo`) ?? {}, { messages });
const queues = () => names(aws.memory.sqs.queues).filter((name) => name.endsWith('-requests.fifo'));
const row = () => aws.memory.registry.items.get('seg') as Record<string, unknown>;
const revision = (family: string) =>
  aws.memory.ecs.revisions.filter(({ registered }) => registered.family === family).at(-1)?.registered.containerDefinitions?.[0];
const grantsIn = ({ memory }: MemoryAws) => memory.iam.roles.get('mip-eu-central-1-seg-task')?.inline.get('task') ?? '';
const grants = () => grantsIn(aws);

describe('a further release', () => {
  beforeEach(async () => {
    await run(aws, of(OLD));
  });

  it('runs on a line of its own, as it was released, beside the new default', async () => {
    const report = await run(aws, of(serving(NEW, { version: '1.0.0', weight: 20, deprecated: true })));
    expect(report.ok, JSON.stringify(report.outcomes)).toBe(true);
    expect(services()).toEqual(['mip-seg', 'mip-seg-v1-0-0', 'mip-stay']);
    expect(queues()).toEqual(['mip-seg-requests.fifo', 'mip-seg-v1-0-0-requests.fifo', 'mip-stay-requests.fifo']);
    const worker = revision('mip-seg-v1-0-0');
    const environment = Object.fromEntries((worker?.environment ?? []).map(({ name, value }) => [name, value]));
    expect(environment).toMatchObject({ MIP_VERSION: '1.0.0', MIP_ALGORITHM: 'seg' });
    expect(environment.MIP_QUEUE_URL).toMatch(/\/mip-seg-v1-0-0-requests\.fifo$/);
    expect(JSON.parse(environment.MIP_ENTRY ?? '')).toEqual(CONTRACTS.get('seg@1.0.0'));
    expect(worker?.dockerLabels).toEqual({ 'mip.tree-hash': treeHash('seg', 1) });
    expect(worker?.image).not.toBe(revision('mip-seg')?.image);
    expect(row()).toMatchObject({
      version: '1.1.0',
      releases: [
        {
          version: '1.0.0',
          line: 'seg-v1-0-0',
          queue_url: expect.stringMatching(/\/mip-seg-v1-0-0-requests\.fifo$/),
          image_uri: worker?.image,
          tree_hash: treeHash('seg', 1),
          weight: 20,
          deprecated_at: '2026-01-01T00:00:00.000Z',
          entry: CONTRACTS.get('seg@1.0.0'),
        },
      ],
    });
    expect((await run(aws, of(serving(NEW, { version: '1.0.0', weight: 20, deprecated: true })))).plan.changes).toEqual([]);
    expect((await plan(aws, of(serving(NEW, { version: '1.0.0', weight: 20, deprecated: true })), 'deep')).plan.changes).toEqual([]);
  });

  it('keeps the time since when it is deprecated, whatever else changes', async () => {
    await run(aws, of(serving(NEW, { version: '1.0.0', deprecated: true })));
    aws.world.now += 3_600_000;
    await run(aws, of(serving({ ...NEW, cpu: 2048, memory: 4096 }, { version: '1.0.0', deprecated: true, weight: 5 })));
    expect(row()).toMatchObject({ cpu: 2048, releases: [{ weight: 5, deprecated_at: '2026-01-01T00:00:00.000Z' }] });
  });

  it('is in reach of the one task role, as long as it drains, and no longer', async () => {
    await run(aws, of(serving(NEW, { version: '1.0.0' })));
    expect(grants()).toContain('mip-seg-v1-0-0-requests.fifo');
    expect(grants()).not.toMatch(/mip-seg[^"]*\*[^"]*fifo/);
    fill('seg-v1-0-0', 1);
    await run(aws, of(NEW));
    aws.world.now += 60_000;
    const waiting = await run(aws, of(NEW));
    expect(waiting.outcomes.find(({ result }) => result === 'waiting')?.reason).toMatch(
      /mip-seg-v1-0-0-requests.fifo still holds 1 message/,
    );
    expect(grants()).toContain('mip-seg-v1-0-0-requests.fifo');
    expect(services()).toContain('mip-seg-v1-0-0'); // its own workers empty it
    fill('seg-v1-0-0', 0);
    expect((await settle(aws, of(NEW))).ok).toBe(true);
    expect(services()).toEqual(['mip-seg', 'mip-stay']);
    expect(grants()).not.toContain('mip-seg-v1-0-0');
    expect(row().releases).toBeUndefined();
  });

  it('that was the default, and is it again: each move is a new line and one that drains', async () => {
    await settle(aws, of(serving(NEW, { version: '1.0.0' })));
    await settle(aws, of(serving(OLD, { version: '1.1.0' })));
    expect(services()).toEqual(['mip-seg', 'mip-seg-v1-1-0', 'mip-stay']);
    expect(row()).toMatchObject({ version: '1.0.0', releases: [{ version: '1.1.0', tree_hash: treeHash('seg', 2) }] });
    await settle(aws, of(NEW));
    const once = new MemoryAws();
    await run(once, of(NEW));
    expect(services()).toEqual(active(once));
    expect(grants()).toBe(grantsIn(once));
  });

  it('that is yanked takes no jobs, and so runs nothing', async () => {
    await run(aws, of(serving(NEW, { version: '1.0.0' })));
    await settle(aws, of(serving(NEW, { version: '1.0.0', yanked: true })));
    expect(services()).toEqual(['mip-seg', 'mip-stay']);
    expect(row().releases).toEqual([{ version: '1.0.0', yanked: true }]);
  });

  it.each([
    [
      'an image',
      (wanted: Input) => ({ ...wanted, contracts: frozen(algorithm('seg', { version: '0.9.0' })) }),
      '0.9.0',
      /seg:v0\.9\.0 is not in ECR/,
    ],
    ['a contract', (wanted: Input) => wanted, '0.9.0', /its frozen contract is not in the catalog/],
  ])('without %s is refused at its line, and nothing of the algorithm is touched', async (_, change, version, reason) => {
    const before = sorted(stateOf(aws));
    const lineOf = (_: string, pointer: string) => (pointer === '/releases/1/version' ? 42 : 1);
    const entry = serving(NEW, { version: '1.0.0' }, { version });
    const report = await run(aws, {
      ...change(of(entry)),
      lineOf,
      ...(reason.source.includes('ECR') && { contracts: new Map([...CONTRACTS, ...frozen(algorithm('seg', { version }))]) }),
    });
    expect(report.plan.refusals).toEqual([
      expect.objectContaining({
        algorithm: 'seg',
        kind: 'task-definition',
        name: 'mip-seg-v0-9-0',
        reason: expect.stringMatching(reason),
        cause: { file: 'catalog/algorithms/seg.yaml', pointer: '/releases/1/version', line: 42 },
      }),
    ]);
    expect(sorted(stateOf(aws))).toEqual(before);
  });

  it('names its own line as the cause of what is new, and the size as that of a change of size', async () => {
    const lineOf = (_: string, pointer: string) => ({ '/releases/0/version': 30, '/cpu': 7 })[pointer] ?? 1;
    const wanted = of(serving(NEW, { version: '1.0.0' }), { lineOf });
    const made = (await plan(aws, wanted)).plan.changes.filter(({ name, action }) => name.includes('v1-0-0') && action === 'create');
    expect(made.map(({ cause }) => cause?.line)).toEqual([30, 30, 30, 30, 30]);
    await run(aws, wanted);
    const larger = of(serving({ ...NEW, cpu: 2048, memory: 4096 }, { version: '1.0.0' }), { lineOf });
    const grown = (await plan(aws, larger)).plan.changes.find(({ kind, name }) => kind === 'task-definition' && name === 'mip-seg-v1-0-0');
    expect(grown?.cause?.line).toBe(7);
  });

  it('counts for the bill and the quotas', async () => {
    const { cost, quotas } = (await plan(aws, of(serving(NEW, { version: '1.0.0' })))).plan;
    expect(quotas.find(({ quota }) => quota === 'ecs_services')?.needed).toBe(3);
    expect(quotas.find(({ quota }) => quota === 'iam_roles')?.needed).toBe(2);
    const [change] = cost?.changes ?? [];
    expect(change?.algorithm).toBe('seg');
    expect(change?.to?.max).toBeCloseTo(2 * (change?.from?.max ?? 0));
  });
});

describe('another major version', () => {
  it('never rolls in place: it has a queue and a service of its own, and the old ones drain', async () => {
    await run(aws, of(OLD));
    fill('seg', 2);
    const before = aws.memory.ecs.services.get('mip-seg')?.settings.taskDefinition;
    const report = await run(aws, of(MAJOR));
    expect(changesIn(report).filter((one) => !one.includes('repository') && !one.includes('role'))).toEqual([
      'create request-queue mip-seg_v2-requests-dlq.fifo',
      'create request-queue mip-seg_v2-requests.fifo',
      'create task-definition mip-seg_v2',
      'create service mip-seg_v2',
      'create scaling mip-seg_v2',
      'update registry-entry seg',
      'delete scaling mip-seg',
      'delete service mip-seg',
      'delete task-definition mip-seg',
      'delete request-queue mip-seg-requests.fifo',
      'delete request-queue mip-seg-requests-dlq.fifo',
    ]);
    expect(row()).toMatchObject({ version: '2.0.0', queue_url: expect.stringContaining('mip-seg_v2-requests.fifo') });
    aws.world.now += 3_600_000;
    await run(aws, of(MAJOR));
    expect(aws.memory.ecs.services.get('mip-seg')?.settings.taskDefinition).toBe(before);
    expect(aws.memory.sqs.queues.get('mip-seg-requests.fifo')?.messages).toBe(2);
    fill('seg', 0);
    await settle(aws, of(MAJOR));
    expect(services()).toEqual(['mip-seg_v2', 'mip-stay']);
    expect(queues()).toEqual(['mip-seg_v2-requests.fifo', 'mip-stay-requests.fifo']);
    expect(grants()).not.toContain(':mip-seg-requests');
  });

  it('stands beside one before that is a further release', async () => {
    await run(aws, of(OLD));
    await settle(aws, of(serving(MAJOR, { version: '1.0.0' })));
    expect(services()).toEqual(['mip-seg-v1-0-0', 'mip-seg_v2', 'mip-stay']);
    expect(row()).toMatchObject({
      version: '2.0.0',
      parameters: {},
      releases: [{ version: '1.0.0', entry: { parameters: OLD.parameters } }],
    });
  });

  it('is left while it still drains: the line comes back and is withdrawn no more', async () => {
    await run(aws, of(OLD));
    fill('seg', 1);
    await run(aws, of(MAJOR));
    await settle(aws, of(OLD));
    expect(services()).toEqual(['mip-seg', 'mip-stay']);
    expect(aws.memory.sqs.queues.get('mip-seg-requests.fifo')).toMatchObject({ messages: 1 });
    expect((await plan(aws, of(OLD), 'deep')).plan.changes).toEqual([]);
  });

  it('is no algorithm that goes: the thresholds of deletion do not see it', async () => {
    await run(aws, of(serving(OLD)));
    const few = {
      ...of(MAJOR),
      platform: { ...of(MAJOR).platform, thresholds: { few: 1, deletedShare: 0, deletedOfFew: 0, updatedShare: 1 } },
    };
    expect((await plan(aws, few)).dangers).toEqual([]);
  });
});

describe('how it is doing', () => {
  it('is told line by line: what is served, and what drains', async () => {
    await run(aws, of(OLD));
    fill('seg', 3);
    await run(aws, of(serving(MAJOR, { version: '1.0.0' })));
    const found = await readStatus(aws, of(OLD).platform, ['seg', 'stay'], new Date(NOW));
    expect(found).toMatchObject([
      {
        algorithm: 'seg',
        entry: { version: '2.0.0' },
        requests: { waiting: 0 },
        lines: [
          { line: 'seg-v1-0-0', version: '1.0.0', requests: { waiting: 0 }, dead_letters: 0 },
          { line: 'seg', drain: { since: '2026-01-01T00:00:00.000Z', waits_for: '3 jobs to be worked off' } },
        ],
      },
      { algorithm: 'stay' },
    ]);
    expect(found[1]?.lines).toBeUndefined();
    const checks = algorithmChecks(found);
    expect(checks.find(({ check }) => check === 'draining')?.detail).toBe('seg waits for 3 jobs to be worked off');
  });
});
