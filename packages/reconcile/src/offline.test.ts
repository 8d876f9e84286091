/** An offline plan is held against the plan of a cloud in which the base was applied: both have to say the same. */
import { describe, expect, it } from 'vitest';
import type { Algorithm } from './algorithm.ts';
import { notCausedBy, type OfflineCatalog, offlinePlan } from './offline.ts';
import { plan } from './reconcile.ts';
import { algorithm, imported, input, run, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';

const FILE = { name: 'test', catalog_id: 'mip', prefix: 'mip', account: '000000000000', quotas: { fargate_vcpus: 10_000 } };

function catalog(algorithms: readonly Algorithm[], edition = 1): OfflineCatalog {
  const treeHashes = new Map(algorithms.flatMap(({ name, source }) => (source ? [[name, treeHash(name, edition)] as const] : [])));
  return { algorithms, treeHashes, platform: FILE };
}

const compared = (base: OfflineCatalog, head: OfflineCatalog) => offlinePlan({ base, head, region: 'eu-central-1' });

describe('an offline plan', () => {
  it.each<[string, readonly Algorithm[], readonly Algorithm[]]>([
    ['of the same catalog has nothing to change', [algorithm('seg')], [algorithm('seg')]],
    ['of a new algorithm', [algorithm('stay')], [algorithm('stay'), algorithm('seg')]],
    ['of another size', [algorithm('seg')], [algorithm('seg', { cpu: 2048, memory: 4096 })]],
    ['of one that leaves', [algorithm('seg'), algorithm('a'), algorithm('b')], [algorithm('a'), algorithm('b')]],
    ['of an image from elsewhere', [algorithm('seg')], [imported('seg')]],
    ['of a contract that breaks', [algorithm('seg')], [algorithm('seg', { parameters: {} })]],
    ['of all that leave is as dangerous', [algorithm('seg')], []],
  ])('%s', async (_, base, head) => {
    const aws = new MemoryAws();
    await run(aws, input(base));
    const online = await plan(aws, input(head));
    const offline = compared(catalog(base), catalog(head));
    const told = ({ plan: { changes, refusals, contracts, cost, quotas } }: Pick<typeof online, 'plan'>) => ({
      changes: changes.map(({ fields: __, ...change }) => change),
      refusals,
      contracts,
      cost,
      quotas,
    });
    expect(told(offline)).toEqual(told(online));
    expect(offline.dangers).toEqual(online.dangers);
  });

  it('sees a source that changed, and refuses it without a new version', () => {
    const { plan: made } = compared(catalog([algorithm('seg')]), catalog([algorithm('seg')], 2));
    expect(made.refusals.map(({ reason }) => reason)).toEqual([expect.stringContaining('source changed without a new version')]);
  });
});

it('tells what a pull request did not cause', async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg'), algorithm('other')]));
  const head = [algorithm('seg', { cpu: 2048, memory: 4096 }), algorithm('other', { cpu: 512, memory: 1024 })];
  const { plan: whole } = await plan(aws, input(head));
  const base = [algorithm('seg'), algorithm('other', { cpu: 512, memory: 1024 })]; // merged before, and not applied yet
  const { plan: own } = compared(catalog(base), catalog(head));
  expect([...new Set(notCausedBy(own, whole).map(({ algorithm: name }) => name))]).toEqual(['other']);
  expect(notCausedBy(whole, whole)).toEqual([]);
});
