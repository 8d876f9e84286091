import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from './algorithm.ts';
import { desire } from './desire.ts';
import { KINDS } from './kinds/index.ts';
import type { Listed, Observed, Wanted } from './kinds/kind.ts';
import type { KindObservation, Observation } from './observe.ts';
import { decide } from './plan.ts';
import { algorithm, platform, treeHash } from './testing/fixtures.ts';

const PLATFORM = platform();
const NAMES = ['alpha', 'alpha-beta', 'beta', 'gamma', 'zeta'];

function wantedOf(algorithms: readonly Algorithm[]): readonly Wanted[] {
  return desire(algorithms, { treeHashes: new Map(algorithms.map(({ name }) => [name, treeHash(name)])), overrides: new Map() }, PLATFORM);
}

/** As if those had been applied, in whatever order the indexes give them. */
function observationOf(wanted: readonly Wanted[], owner = 'mip'): Observation {
  return new Map<string, KindObservation>(
    KINDS.map((kind) => {
      const own = wanted.filter((one) => one.kind === kind.name);
      const listed = own.map(({ name, algorithm, specHash }): [string, Listed] => [name, { algorithm, specHash }]);
      const inspected = own.map(({ name, algorithm, specHash, spec }): [string, Observed] => [
        name,
        { name, owner, algorithm, specHash, spec },
      ]);
      return [kind.name, { listed: new Map(listed), inspected: new Map(inspected) }];
    }),
  );
}

/** Their costs are no round numbers, so that a sum of them tells in which order it was made. */
const SIZES = [
  { cpu: 256, memory: 512, scaling: { min: 1, max: 7 } },
  { cpu: 1024, memory: 3072, scaling: { min: 0, max: 3 } },
  { cpu: 2048, memory: 5120, scaling: { min: 2, max: 11 } },
  { cpu: 4096, memory: 9216, scaling: { min: 3, max: 5 } },
];

/** Some of the algorithms, each in one of the sizes, in any order. */
const catalogs = fc
  .shuffledSubarray(NAMES)
  .chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(...SIZES).map((size) => algorithm(name, size)))))
  .map((list) => list as readonly Algorithm[]);

/** The same in another order: the kinds, what the index lists, what was inspected. */
function inOtherOrder(observation: Observation, turn: <T>(list: readonly T[]) => readonly T[]): Observation {
  return new Map(
    turn([...observation]).map(([kind, { listed, inspected }]) => [
      kind,
      { listed: new Map(turn([...listed])), inspected: new Map(turn([...inspected])) },
    ]),
  );
}

describe('a plan', () => {
  it('is empty when everything is as it is wanted', () => {
    fc.assert(
      fc.property(catalogs, (algorithms) => {
        const wanted = wantedOf(algorithms);
        expect(decide({ algorithms: [], desired: wanted, observation: observationOf(wanted), platform: PLATFORM }).plan.changes).toEqual(
          [],
        );
      }),
    );
  });

  it('does not depend on the order of anything, and leaves its input alone', () => {
    fc.assert(
      fc.property(catalogs, catalogs, fc.infiniteStream(fc.nat()), (now, before, numbers) => {
        const given = { algorithms: now, desired: wantedOf(now), observation: observationOf(wantedOf(before)), platform: PLATFORM };
        const copy = structuredClone({ desired: given.desired, observation: given.observation });
        const { plan } = decide(given);
        expect(given).toMatchObject(copy);
        const turn = <T>(list: readonly T[]) =>
          list
            .map((one) => [numbers.next().value ?? 0, one] as const)
            .sort(([a], [b]) => a - b)
            .map(([, one]) => one);
        const algorithms = turn(now);
        const observation = inOtherOrder(given.observation, turn);
        const shuffled = decide({ ...given, algorithms, desired: turn(given.desired), observation }).plan;
        expect(shuffled).toEqual(plan);
        expect(shuffled.digest).toBe(plan.digest);
      }),
      { numRuns: 200 },
    );
  });

  it('makes what is new in the order of the kinds, and takes what is gone in reverse', () => {
    fc.assert(
      fc.property(catalogs, catalogs, (now, before) => {
        const { plan } = decide({
          algorithms: [],
          desired: wantedOf(now),
          observation: observationOf(wantedOf(before)),
          platform: PLATFORM,
        });
        for (const changes of Map.groupBy(plan.changes, ({ algorithm }) => algorithm).values()) {
          const ranks = changes.map(({ kind }) => KINDS.findIndex(({ name }) => name === kind));
          const gone = changes[0]?.action === 'delete';
          expect(ranks).toEqual(ranks.toSorted((a, b) => (gone ? b - a : a - b)));
        }
        expect(plan.changes.map(({ algorithm }) => algorithm)).toEqual(plan.changes.map(({ algorithm }) => algorithm).toSorted());
      }),
    );
  });

  it('has every algorithm exactly where it has to be', () => {
    fc.assert(
      fc.property(catalogs, catalogs, (now, before) => {
        const { plan } = decide({
          algorithms: [],
          desired: wantedOf(now),
          observation: observationOf(wantedOf(before)),
          platform: PLATFORM,
        });
        const changed = (action: string) => new Set(plan.changes.filter((one) => one.action === action).map((one) => one.algorithm));
        const names = (list: readonly Algorithm[]) => new Set(list.map(({ name }) => name));
        const without = (some: ReadonlySet<string>, others: ReadonlySet<string>) => new Set([...some].filter((name) => !others.has(name)));
        const resized = now.filter((one) => before.some(({ name, cpu }) => name === one.name && cpu !== one.cpu));
        expect(changed('create')).toEqual(without(names(now), names(before)));
        expect(changed('delete')).toEqual(without(names(before), names(now)));
        expect(changed('update')).toEqual(names(resized));
      }),
    );
  });

  it('has another digest when a field, an algorithm or the platform differs', () => {
    const digest = (algorithms: readonly Algorithm[], where = PLATFORM) =>
      decide({ algorithms: [], desired: wantedOf(algorithms), observation: observationOf([]), platform: where }).plan.digest;
    const digests = [
      digest([algorithm('seg')]),
      digest([algorithm('seg', { cpu: 2048, memory: 4096 })]),
      digest([algorithm('seg2')]),
      digest([algorithm('seg')], { ...PLATFORM, name: 'other' }),
    ];
    expect(new Set(digests).size).toBe(4);
  });

  it('names the line that is the cause', () => {
    const { plan } = decide({
      algorithms: [],
      desired: wantedOf([algorithm('seg', { cpu: 2048, memory: 4096 })]),
      observation: observationOf(wantedOf([algorithm('seg')])),
      platform: PLATFORM,
      lineOf: (file, pointer) => (file === 'catalog/algorithms/seg.yaml' && pointer === '/cpu' ? 6 : 1),
    });
    expect(plan.changes[0]?.cause).toEqual({ file: 'catalog/algorithms/seg.yaml', pointer: '/cpu', line: 6 });
  });

  it('is not made of a kind that was not observed', () => {
    const observation = new Map([...observationOf([])].slice(1));
    expect(() => decide({ algorithms: [], desired: [], observation, platform: PLATFORM })).toThrow('image-repository was not observed');
  });

  it('mends a hash that is missing on a resource that is as wanted', () => {
    const wanted = wantedOf([algorithm('seg')]);
    const observation = observationOf(wanted.map((one) => (one.kind === 'service' ? { ...one, specHash: 'sha256:half-way' } : one)));
    const { plan } = decide({ algorithms: [], desired: wanted, observation, platform: PLATFORM });
    const to = wanted.find(({ kind }) => kind === 'service')?.specHash;
    expect(plan.changes).toMatchObject([
      { kind: 'service', action: 'update', risk: 'low', fields: [{ path: '/tags/mip:spec-hash', from: 'sha256:half-way', to }] },
    ]);
  });

  it('leaves alone what the index calls ours and is not any more', () => {
    const observation = observationOf(wantedOf([algorithm('seg')]), 'theirs');
    expect(decide({ algorithms: [], desired: [], observation, platform: PLATFORM }).plan.changes).toEqual([]);
  });

  it('refuses what is not owned and touches nothing else of that algorithm', () => {
    const wanted = wantedOf([algorithm('seg'), algorithm('other')]);
    const observation = observationOf([]);
    const service = wanted.find(({ kind, algorithm }) => kind === 'service' && algorithm === 'seg') as Wanted;
    const inspected = new Map([[service.name, { ...service, owner: undefined, specHash: undefined }]]);
    const { plan } = decide({
      algorithms: [],
      desired: wanted,
      observation: new Map([...observation, ['service', { listed: new Map(), inspected }]]),
      platform: PLATFORM,
    });
    expect(plan.refusals.map(({ algorithm, kind }) => `${algorithm} ${kind}`)).toEqual(['seg service']);
    expect(new Set(plan.changes.map(({ algorithm }) => algorithm))).toEqual(new Set(['other']));
  });
});
