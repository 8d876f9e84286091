import { UntagResourceCommand } from '@aws-sdk/client-ecs';
import { expect, it } from 'vitest';
import { apply, plan } from '../reconcile.ts';
import { algorithm, EVERY_KIND, input, run, runOptions, settle } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { conformance } from './conformance.ts';

const HASH = expect.stringMatching(/^sha256:/);
const [ABDOMEN] = EVERY_KIND.conformance as NonNullable<typeof EVERY_KIND.conformance>;

describeKind(conformance, [
  {
    what: 'another case',
    to: { conformance: [ABDOMEN, { ...ABDOMEN, name: 'head' }] as NonNullable<typeof EVERY_KIND.conformance> },
    blames: '/conformance',
    fields: [{ path: '/cases', from: HASH, to: HASH }],
  },
  {
    what: 'another task definition',
    to: { cpu: 2048, memory: 4096 },
    blames: '/version',
    fields: [{ path: '/taskDefinition', from: HASH, to: HASH }],
  },
  { what: 'more tasks are none of its business', to: { scaling: { min: 2, max: 8 } }, fields: [] },
]);

it('goes with the cases, and so does the queue of candidates; the revision stays', async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg', EVERY_KIND)]));
  const report = await settle(aws, input([algorithm('seg')]));
  expect(report.outcomes.map(({ action, kind, name, result }) => `${result} ${action} ${kind} ${name}`)).toEqual([
    'done update task-role mip-eu-central-1-seg-task',
    'done update registry-entry seg',
    'done delete conformance mip-seg',
    'done delete request-queue mip-seg-candidate.fifo',
  ]);
  expect(aws.memory.ecs.revisions.map(({ status, tags }) => [status, Object.keys(tags)])).toEqual([
    ['ACTIVE', ['mip:managed-by', 'mip:algorithm', 'mip:spec-hash', 'mip:version']],
  ]);
  expect(aws.memory.registry.items.get('seg')).not.toHaveProperty('conformance');
});

it('that somebody took off the revision is shown again, and nothing else changes', async () => {
  const aws = new MemoryAws();
  const wanted = input([algorithm('seg', EVERY_KIND)]);
  await run(aws, wanted);
  const resourceArn = aws.memory.ecs.revisions[0]?.taskDefinitionArn;
  await aws.ecs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['mip:conformance'] }));
  const prepared = await plan(aws, wanted, 'deep');
  expect(prepared.plan.changes.map(({ action, kind }) => `${action} ${kind}`)).toEqual(['create conformance']);
  expect((await apply(aws, prepared, runOptions(aws))).ok).toBe(true);
  expect((await plan(aws, wanted, 'deep')).plan.changes).toEqual([]);
});
