import type { PlannedChange } from '@mip/reconcile';
import { plan } from '@mip/reconcile';
import { algorithm, input, run } from '@mip/reconcile/testing/fixtures';
import { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ShownPlan } from '../shared/plans.ts';
import { type Drift, differs, digestIn, digestOf, driftBody, driftTitle } from './words.ts';

let plans: readonly ShownPlan[];
let nothing: readonly ShownPlan[];
beforeAll(async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg'), algorithm('other')]));
  nothing = [await plan(aws, input([algorithm('seg'), algorithm('other')]), 'deep')];
  plans = [await plan(aws, input([algorithm('seg', { cpu: 2048, memory: 4096 }), algorithm('other')]), 'deep')];
});

const drift = (over: Partial<Drift> = {}): Drift => ({
  platform: 'north',
  plans,
  commit: 'c0ffee'.repeat(7),
  runUrl: 'https://x.y/run',
  ...over,
});

describe('drift', () => {
  it('is what changes or is left alone; what an apply would cost, or be refused for, is none', () => {
    expect(differs(plans)).toBe(true);
    expect(differs(nothing)).toBe(false);
    expect(differs(nothing.map((one) => ({ ...one, dangers: ['a quota'] })))).toBe(false);
    const refusals = [{ kind: 'service', name: 'mip-seg', algorithm: 'seg', reason: 'is somebody else’s', cause: null }];
    expect(differs(nothing.map((one) => ({ ...one, plan: { ...one.plan, refusals } })))).toBe(true);
  });

  it('has a digest of what differs alone, which its issue keeps', () => {
    const priced = plans.map((one) => ({ ...one, plan: { ...one.plan, cost: null, digest: 'another' } }));
    expect(digestOf(priced)).toBe(digestOf(plans));
    expect(digestOf(nothing)).not.toBe(digestOf(plans));
    expect(digestIn(driftBody(drift()))).toBe(digestOf(plans));
    expect(digestIn('<!-- mip:drift:north -->\n\nSomebody wrote it anew.')).toBe('');
  });

  it('counts algorithms, not resources, once for all regions', () => {
    expect(driftTitle(drift())).toBe('Drift on north: 1 algorithm differs from Git');
    expect(driftTitle(drift({ plans: [...plans, ...plans] }))).toBe('Drift on north: 1 algorithm differs from Git');
  });

  it.each([1, 2, 40])('of a thousand algorithms in %i regions fits into an issue, and still says what to do', (regions) => {
    const [one] = plans;
    const changes = Array.from({ length: 1000 }, (_, index): readonly PlannedChange[] =>
      (one?.plan.changes ?? []).map((change) => ({ ...change, algorithm: `algorithm-${index}`, name: `mip-${index}` })),
    ).flat();
    const large = Array.from({ length: regions }, () => ({ dangers: [], plan: { ...(one as ShownPlan).plan, changes } }));
    const body = driftBody(drift({ plans: large }));
    expect(body.length).toBeLessThan(65_536);
    expect(body.startsWith('<!-- mip:drift:north -->\n')).toBe(true);
    expect(body).toContain('#### What to do');
    expect(body.match(/^### /gm)).toHaveLength(regions);
  });
});
