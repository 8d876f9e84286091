import { expect, it } from 'vitest';
import { algorithm, FOREIGN_IMAGE, input, rerun, run, treeHash } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { taskDefinition } from './task-definition.ts';

const ANOTHER_IMAGE = `registry.example/seg@sha256:${'cd'.repeat(32)}`;

describeKind(taskDefinition, [
  {
    what: 'another size',
    to: { cpu: 2048, memory: 4096 },
    blames: '/cpu',
    fields: [
      { path: '/cpu', from: '1024', to: '2048' },
      { path: '/memory', from: '2048', to: '4096' },
    ],
  },
  {
    what: 'another architecture',
    to: { architectures: ['arm64'] },
    blames: '/architectures',
    fields: [{ path: '/architecture', from: 'X86_64', to: 'ARM64' }],
  },
  {
    what: 'a changed source',
    to: {},
    edition: 2,
    blames: '/source',
    fields: [{ path: '/image/treeHash', from: treeHash('seg'), to: treeHash('seg', 2) }],
  },
  {
    what: 'a new version',
    to: { version: '1.1.0' },
    blames: '/version',
    fields: [
      { path: '/entry/version', from: '1.0.0', to: '1.1.0' },
      { path: '/environment/MIP_VERSION', from: '1.0.0', to: '1.1.0' },
      { path: '/image/tag', from: 'v1.0.0', to: 'v1.1.0' },
    ],
  },
  {
    what: 'another time limit',
    to: { timeout: 60 },
    blames: '/timeout',
    fields: [{ path: '/environment/MIP_TIMEOUT', from: '900', to: '60' }],
  },
  {
    what: 'another default of a parameter',
    to: { parameters: { threshold: { type: 'float', default: 90 } } },
    blames: '/parameters',
    fields: [
      { path: '/entry/parameters/threshold/default', from: 81.8, to: 90 },
      { path: '/entry/parameters/threshold/maximum', from: 3071, to: null },
      { path: '/entry/parameters/threshold/minimum', from: -1024, to: null },
      { path: '/entry/parameters/threshold/unit', from: "[hnsf'U]", to: null },
    ],
  },
  {
    what: "another image of somebody else's",
    imported: true,
    from: { image_uri: FOREIGN_IMAGE },
    to: { scaling: { min: 0, max: 1 } },
    fields: [],
  },
  { what: 'how many run is none of its business', to: { scaling: { min: 3, max: 9 } }, fields: [] },
]);

it('takes an image of somebody else by its digest', () => {
  const facts = input([]).platform;
  const { source: _, ...entry } = algorithm('seg');
  const [wanted] = taskDefinition.desire({ ...entry, image_uri: ANOTHER_IMAGE }, facts, []);
  expect(wanted?.spec.image).toEqual({ uri: ANOTHER_IMAGE });
});

it('is refused by AWS where the size is none of Fargate, and the outcome says so', async () => {
  const report = await run(new MemoryAws(), input([algorithm('seg', { cpu: 4096, memory: 4096 })]));
  expect(report.outcomes.find(({ result }) => result === 'failed')?.reason).toBe(
    'No Fargate configuration exists for given values: 4096 CPU, 4096 memory.',
  );
});

it('is not registered for an image that changed meanwhile', async () => {
  const aws = new MemoryAws();
  aws.world.fail = ({ operation }) => {
    if (operation === 'CreateQueue') aws.memory.ecr.repositories.get('mip-seg')?.images.clear();
    return undefined;
  };
  const report = await rerun(aws, input([algorithm('seg')]));
  expect(report.outcomes.find(({ result }) => result === 'failed')?.reason).toBe(`mip-seg:v1.0.0 holds no image, not ${treeHash('seg')}`);
});
