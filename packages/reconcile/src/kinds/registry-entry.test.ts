import { expect, it } from 'vitest';
import { apply, plan } from '../reconcile.ts';
import { algorithm, input, run, runOptions, treeHash } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { registryEntry } from './registry-entry.ts';

describeKind(registryEntry, [
  {
    what: 'another size',
    to: { cpu: 2048, memory: 4096 },
    blames: '/cpu',
    fields: [
      { path: '/cpu', from: 1024, to: 2048 },
      { path: '/memory', from: 2048, to: 4096 },
    ],
  },
  {
    what: 'another need of memory',
    to: { memory_model: { base_mib: 100, bytes_per_voxel: 16 } },
    blames: '/memory_model',
    fields: [{ path: '/memory_model', from: null, to: { base_mib: 100, bytes_per_voxel: 16 } }],
  },
  { what: 'inactive', to: { status: 'inactive' }, blames: '/status', fields: [{ path: '/status', from: 'active', to: 'inactive' }] },
  {
    what: 'another description',
    to: { description: 'Finds it.' },
    blames: '/description',
    fields: [{ path: '/entry/description', from: 'Finds soft tissue.', to: 'Finds it.' }],
  },
  { what: 'a new version', to: { version: '1.1.0' }, blames: '/version', fields: [{ path: '/entry/version', from: '1.0.0', to: '1.1.0' }] },
  {
    what: 'a changed source',
    to: {},
    edition: 2,
    blames: '/source',
    fields: [{ path: '/image/treeHash', from: treeHash('seg'), to: treeHash('seg', 2) }],
  },
  { what: 'another queue is none of its business', to: { queue: { max_receives: 5 } }, fields: [] },
]);

it('has what the router needs, in the words of the registry', async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg')]));
  const digest = aws.memory.ecr.repositories.get('mip-seg')?.images.get('v1.0.0')?.digest;
  const { entry, spec_hash, ...row } = aws.memory.registry.items.get('seg') ?? {};
  expect(row).toEqual({
    algorithm_name: 'seg',
    managed_by: 'mip',
    status: 'active',
    version: '1.0.0',
    description: 'Finds soft tissue.',
    algorithm_type: 'python',
    image_uri: `000000000000.dkr.ecr.eu-central-1.amazonaws.com/mip-seg@${digest}`,
    tree_hash: treeHash('seg'),
    cpu: 1024,
    memory: 2048,
    timeout: 900,
    scaling: { min: 0, max: 8 },
    architecture: 'amd64',
    parameters: { threshold: { type: 'float', default: 81.8, minimum: -1024, maximum: 3071, unit: "[hnsf'U]" } },
    input: { scope: ['instance'], units: 'hu', modalities: ['CT'] },
    output: { kind: 'segmentation', store: ['s3'] },
    queue_url: 'https://sqs.eu-central-1.amazonaws.com/000000000000/mip-seg-requests.fifo',
    service: 'mip-seg',
    commit_sha: 'c0ffee',
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
  });
  expect(entry).toEqual({
    name: 'seg',
    version: '1.0.0',
    description: 'Finds soft tissue.',
    algorithm_type: 'python',
    parameters: row.parameters,
    input: row.input,
    output: row.output,
    license: 'Apache-2.0',
    regulatory: { status: 'research' },
  });
  expect(spec_hash).toMatch(/^sha256:/);
});

it.each(['version', 'description', 'algorithm_type', 'parameters', 'input', 'output'])(
  'what callers are shown of the %s is looked at, and put right',
  async (field) => {
    const aws = new MemoryAws();
    const wanted = input([algorithm('seg')]);
    await run(aws, wanted);
    const row = aws.memory.registry.items.get('seg');
    const before = row?.[field];
    Object.assign(row ?? {}, { [field]: 'by hand' });
    const drifted = await plan(aws, wanted, 'deep');
    expect(drifted.plan.changes.map(({ kind, fields }) => [kind, fields[0]?.path.startsWith(`/entry/${field}`)])).toEqual([
      ['registry-entry', true],
    ]);
    await apply(aws, drifted, runOptions(aws));
    expect(aws.memory.registry.items.get('seg')?.[field]).toEqual(before);
  },
);
