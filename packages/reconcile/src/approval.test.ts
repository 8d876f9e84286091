import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ApprovalRecord, approvalOf, readApproval, unapproved } from './approval.ts';
import type { Action, PlannedChange } from './change.ts';
import type { Plan } from './plan.ts';
import { plan } from './reconcile.ts';
import { algorithm, imported, input, run } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';

const shown = (changes: readonly PlannedChange[]) => changes.map(({ kind, name }) => `${kind} ${name}`);

async function planned(before: Parameters<typeof input>[0], after: Parameters<typeof input>[0]): Promise<Plan> {
  const aws = new MemoryAws();
  if (before.length > 0) await run(aws, input(before));
  return (await plan(aws, input(after))).plan;
}

describe('what a plan may destroy', () => {
  it('is an algorithm that leaves, by its name', async () => {
    const gone = await planned([algorithm('seg'), algorithm('stay')], [algorithm('stay')]);
    expect(approvalOf('test', [gone])).toEqual({
      schema: 'approval/1',
      platform: 'test',
      regions: { 'eu-central-1': { algorithms: ['seg'], resources: [] } },
    });
  });

  it('is a single resource of an algorithm that stays', async () => {
    const elsewhere = await planned([algorithm('seg')], [imported('seg')]);
    expect(approvalOf('test', [elsewhere]).regions['eu-central-1']).toEqual({
      algorithms: [],
      resources: ['image-repository mip-seg'],
    });
  });

  it('is nothing where nothing goes', async () => {
    const made = await planned([], [algorithm('seg')]);
    expect(approvalOf('test', [made]).regions['eu-central-1']).toEqual({ algorithms: [], resources: [] });
  });
});

describe('what nobody approved', () => {
  const change = (algorithm: string, action: Action, kind = 'service'): PlannedChange => ({
    ...{ kind, name: `mip-${algorithm}`, algorithm, action, fields: [], cause: null },
    risk: 'high',
  });
  const of = (...changes: PlannedChange[]) => ({ platform: 'test', region: 'eu-central-1', changes });
  const record = (over: Partial<ApprovalRecord['regions'][string]>, region = 'eu-central-1', platform = 'test'): ApprovalRecord => ({
    schema: 'approval/1',
    platform,
    regions: { [region]: { algorithms: [], resources: [], ...over } },
  });

  it.each<[string, ReturnType<typeof of>, readonly ApprovalRecord[], readonly string[]]>([
    ['creating and changing need no approval', of(change('a', 'create'), change('b', 'update')), [], []],
    ['without a record all that goes', of(change('a', 'delete')), [], ['service mip-a']],
    ['an algorithm that was to leave covers its resources', of(change('a', 'delete')), [record({ algorithms: ['a'] })], []],
    ['a resource that was to go', of(change('a', 'delete')), [record({ resources: ['service mip-a'] })], []],
    [
      'another resource of the same algorithm is not covered',
      of(change('a', 'delete'), change('a', 'delete', 'task-role')),
      [record({ resources: ['service mip-a'] })],
      ['task-role mip-a'],
    ],
    ['another region', of(change('a', 'delete')), [record({ algorithms: ['a'] }, 'us-east-1')], ['service mip-a']],
    ['another platform', of(change('a', 'delete')), [record({ algorithms: ['a'] }, 'eu-central-1', 'other')], ['service mip-a']],
    [
      'several pull requests add up',
      of(change('a', 'delete'), change('b', 'delete'), change('c', 'delete')),
      [record({ algorithms: ['a'] }), record({ algorithms: ['b'] })],
      ['service mip-c'],
    ],
  ])('%s', (_, plan, records, left) => {
    expect(shown(unapproved(plan, records))).toEqual(left);
  });

  it('is nothing where the plan that is applied is the one that was approved', async () => {
    const gone = await planned([algorithm('seg'), algorithm('other'), algorithm('stay')], [algorithm('stay'), imported('other')]);
    expect(gone.changes.some(({ action }) => action === 'delete')).toBe(true);
    expect(unapproved(gone, [approvalOf('test', [gone])])).toEqual([]);
  });
});

describe('a record', () => {
  it('comes back from its JSON', () => {
    const name = fc.string();
    const region = fc.record({ algorithms: fc.array(name), resources: fc.array(name) });
    const records = fc.record({
      schema: fc.constant('approval/1' as const),
      platform: name,
      regions: fc.dictionary(
        name.filter((one) => one !== '__proto__'),
        region,
      ),
    });
    fc.assert(
      fc.property(records, (one) => {
        expect(readApproval(JSON.stringify(one))).toEqual(JSON.parse(JSON.stringify(one)));
      }),
    );
  });

  it.each(['', 'null', '[]', '{', '{"schema":"approval/2","platform":"a","regions":{}}', '{"schema":"approval/1","platform":"a"}'])(
    'that is none approves nothing: %s',
    (text) => {
      expect(readApproval(text)).toBeUndefined();
    },
  );

  it('with a list of something else approves nothing', () => {
    const regions = { 'eu-central-1': { algorithms: [1], resources: [] } };
    expect(readApproval(JSON.stringify({ schema: 'approval/1', platform: 'a', regions }))).toBeUndefined();
  });
});
