import { beforeEach, describe, expect, it } from 'vitest';
import { pinFor, pinNow, releaseBefore } from './pin.ts';
import { apply, type Input, plan } from './reconcile.ts';
import { algorithm, frozen, input, NOW, run, runOptions, settle, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';
import { sorted, stateOf } from './testing/state.ts';
import { Killed } from './testing/world.ts';

const OLD = algorithm('seg', { parameters: {} });
const NEW = algorithm('seg', { version: '1.1.0' });
const OTHER = algorithm('other');
const CONTRACTS = frozen(OLD, NEW, algorithm('seg', { version: '0.1.0' }));
const PIN = { version: '1.0.0', until: '2026-01-01T02:00:00.000Z', by: 'somebody' };

let aws: MemoryAws;
beforeEach(async () => {
  aws = new MemoryAws();
  await run(aws, of(OLD));
  await run(aws, of(NEW));
});

function of(seg: typeof OLD, over: Partial<Input> = {}): Input {
  const treeHashes = new Map([
    ['seg', treeHash('seg', seg.version === '1.0.0' ? 1 : 2)],
    ['other', treeHash('other')],
  ]);
  return input([seg, OTHER], { treeHashes, contracts: CONTRACTS, now: new Date(aws.world.now), ...over });
}

const row = () => aws.memory.registry.items.get('seg') as Record<string, unknown>;
const treeOf = () => {
  const family = aws.memory.ecs.revisions.filter(({ registered }) => registered.family === 'mip-seg').at(-1);
  return family?.registered.containerDefinitions?.[0]?.dockerLabels?.['mip.tree-hash'];
};
const pinned = (over: Partial<Input> = {}) => pinNow(aws, of(NEW, over), { algorithm: 'seg', pin: PIN }, runOptions(aws));

/** An old revision may stay usable until the next update of its service, which then tidies up. */
function settled(of: MemoryAws): unknown {
  return JSON.parse(JSON.stringify(sorted(stateOf(of))).replaceAll('"INACTIVE"', '"ACTIVE"'));
}

describe('a pin', () => {
  it('puts the released version, contract and image, in the place of the catalog’s at once, and touches nothing else', async () => {
    const report = await pinned();
    expect(report.ok, JSON.stringify(report.outcomes)).toBe(true);
    expect(new Set(report.outcomes.map((one) => one.algorithm))).toEqual(new Set(['seg']));
    expect(row()).toMatchObject({ version: '1.0.0', parameters: {}, pin: PIN, tree_hash: treeHash('seg', 1) });
    expect(treeOf()).toBe(treeHash('seg', 1));
    expect(report.plan.pins).toEqual([{ algorithm: 'seg', ...PIN }]);
  });

  it('holds: plans, applies and drift keep to it, and say so', async () => {
    await pinned();
    aws.world.now += 3_600_000;
    for (const depth of ['changes', 'deep'] as const) {
      const found = await plan(aws, of(NEW), depth);
      expect(found.plan.changes).toEqual([]);
      expect(found.plan.pins).toEqual([{ algorithm: 'seg', ...PIN }]);
    }
  });

  it('is over when its time has come: the next apply does what the catalog says', async () => {
    await pinned();
    aws.world.now += 2 * 3_600_000;
    expect((await run(aws, of(NEW))).ok).toBe(true);
    expect(row()).toMatchObject({ version: '1.1.0', image_uri: expect.any(String) });
    expect(row().pin).toBeUndefined();
    expect(treeOf()).toBe(treeHash('seg', 2));
  });

  it('is over when the catalog itself goes back: a later version is not held up by it', async () => {
    await pinned();
    await run(aws, of(OLD));
    expect(row()).toMatchObject({ version: '1.0.0' });
    expect(row().pin).toBeUndefined();
    await run(aws, of(NEW));
    expect(row()).toMatchObject({ version: '1.1.0' });
  });

  it('is not taken back by a run that planned before it, nor set again by one that planned before its end', async () => {
    const larger = { ...NEW, cpu: 2048, memory: 4096 };
    const before = await plan(aws, of(larger));
    await pinned();
    const late = await apply(aws, before, runOptions(aws));
    expect(late.ok).toBe(false);
    expect(late.outcomes.map(({ result }) => result)).toEqual(before.plan.changes.map(() => 'failed'));
    expect(late.outcomes[0]?.reason).toMatch(/^somebody pinned it, or ended its pin, after this plan was made/);
    expect(row()).toMatchObject({ version: '1.0.0', cpu: 1024, pin: PIN });
    const whilePinned = await plan(aws, of(larger));
    await pinNow(aws, of(NEW), { algorithm: 'seg', pin: undefined }, runOptions(aws));
    expect((await apply(aws, whilePinned, runOptions(aws))).ok).toBe(false);
    expect(row()).toMatchObject({ version: '1.1.0' });
    expect(row().pin).toBeUndefined();
  });

  it('can be let go of', async () => {
    await pinned();
    await pinNow(aws, of(NEW), { algorithm: 'seg', pin: undefined }, runOptions(aws));
    expect(row()).toMatchObject({ version: '1.1.0' });
    expect(row().pin).toBeUndefined();
  });

  it('to another major brings the line of that major back, and the newer one drains', async () => {
    const major = algorithm('seg', { version: '2.0.0' });
    const wanted = {
      ...of(major),
      treeHashes: new Map([
        ['seg', treeHash('seg', 3)],
        ['other', treeHash('other')],
      ]),
    };
    await settle(aws, wanted);
    expect(aws.memory.sqs.queues.has('mip-seg-requests.fifo')).toBe(false);
    aws.world.now += 60_000;
    await pinNow(
      aws,
      { ...wanted, now: new Date(aws.world.now) },
      { algorithm: 'seg', pin: { ...PIN, until: '2026-02-01T00:00:00.000Z' } },
      runOptions(aws),
    );
    expect(row()).toMatchObject({ version: '1.0.0', service: 'mip-seg' });
    expect(aws.memory.ecs.services.get('mip-seg')?.status).toBe('ACTIVE');
  });

  it.each([
    ['the present version', '1.1.0', /is at 1\.1\.0 by the catalog already/],
    ['a version without a contract', '0.9.0', /its frozen contract is not in the catalog/],
    ['a version without an image', '0.1.0', /seg:v0\.1\.0 is not in ECR/],
    ['a version that was yanked', '1.0.0', /was yanked/],
  ])('to %s is refused before anything is written', async (what, version, words) => {
    const before = sorted(stateOf(aws));
    const entry = what.includes('yanked') ? { ...NEW, releases: [{ version, yanked: true }] } : NEW;
    const order = { algorithm: 'seg', pin: { ...PIN, version } };
    await expect(pinNow(aws, of(entry), order, runOptions(aws))).rejects.toThrow(words);
    expect(sorted(stateOf(aws))).toEqual(before);
  });

  it('killed at any call, the next apply ends where it would have', async () => {
    const calm = aws;
    await pinned();
    const state = settled(calm);
    const calls = calm.world.trace.length;
    for (let number = 1; number <= calls; number += 1) {
      aws = new MemoryAws();
      await run(aws, of(OLD));
      await run(aws, of(NEW));
      aws.world.restart();
      aws.world.killAt = { number, when: 'after' };
      await pinned().catch((error) => expect(error).toBeInstanceOf(Killed));
      aws.world.restart();
      aws.world.now += 120_000; // the lease of the one that was killed
      const again = row().pin ? await run(aws, of(NEW)) : await pinned();
      expect(again.ok).toBe(true);
      expect(row()).toMatchObject({ version: '1.0.0', pin: PIN });
      expect(settled(aws), `killed after call ${number}`).toEqual(state);
    }
  });
});

describe('what a rollback goes back to', () => {
  it.each([
    ['1.10.0', ['1.9.0', '1.10.0', '1.2.0'], undefined, '1.9.0'],
    ['2.0.0', ['1.9.0', '1.10.0', '2.0.0', '3.0.0'], undefined, '1.10.0'],
    ['1.1.0', ['1.0.0', '1.1.0'], '1.0.0', undefined],
    ['1.0.0', ['1.0.0'], undefined, undefined],
  ])('from %s with the releases %j (yanked: %s): %s', (version, released, yanked, expected) => {
    const releases = yanked ? [{ version: yanked, yanked: true }] : [];
    expect(releaseBefore({ version, releases }, released)).toBe(expected);
  });

  it('holds for the time that is given', () => {
    expect(pinFor('1.0.0', '90m', { by: 'me', commit: 'c' }, new Date(NOW))).toEqual({
      ...{ version: '1.0.0', until: '2026-01-01T01:30:00.000Z', by: 'me', commit: 'c' },
    });
    expect(() => pinFor('1.0.0', 'soon', { by: 'me' }, new Date(NOW))).toThrow(/is no duration/);
  });
});
