import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contractDiff, type Effect } from './contract-diff.ts';
import type { EntryContract, EntryParameter } from './entry.ts';

const BASE: EntryContract = {
  name: 'seg',
  version: '1.4.2',
  description: 'Finds it.',
  algorithm_type: 'python',
  parameters: {
    threshold: { type: 'float', default: 80, minimum: -1024, maximum: 3071, unit: "[hnsf'U]" },
    method: { type: 'enum', values: ['fixed', 'otsu'], default: 'fixed' },
    seed: { type: 'int' },
  },
  input: {
    scope: ['instance', 'series'],
    units: 'hu',
    modalities: ['CT'],
    rules: [{ tag: 'BitsAllocated', one_of: [16], severity: 'reject' }],
  },
  output: {
    kind: 'segmentation',
    store: ['s3'],
    segments: [{ label: 'Tissue', category: 'SCT 85756007', type: 'SCT 87784001', algorithm: 'automatic', color: '#ff0000' }],
    measurements: [{ name: 'Area', concept: 'SCT 42798000', unit: 'mm2' }],
  },
  license: 'Apache-2.0',
  regulatory: { status: 'research' },
};

type Edit = Partial<Omit<EntryContract, 'parameters'>> & { readonly parameters?: Record<string, EntryParameter | undefined> };

function edited({ parameters = {}, ...over }: Edit, version = '1.4.2'): EntryContract {
  const merged = Object.entries({ ...BASE.parameters, ...parameters }).filter(([, value]) => value !== undefined);
  return { ...BASE, version, ...over, parameters: Object.fromEntries(merged) as EntryContract['parameters'] };
}

const threshold = (over: Partial<EntryParameter>): Edit => {
  const entries = Object.entries({ ...BASE.parameters.threshold, ...over }).filter(([, value]) => value !== undefined);
  return { parameters: { threshold: Object.fromEntries(entries) as unknown as EntryParameter } };
};
const without = (name: 'default' | 'minimum' | 'unit'): Edit => threshold({ [name]: undefined } as Partial<EntryParameter>);
const SEGMENT = (BASE.output.segments as Record<string, unknown>[])[0] as Record<string, unknown>;

/** What is changed, where it shows, what it does to callers. */
const TABLE: readonly (readonly [string, Edit, string, Effect])[] = [
  ['a parameter removed', { parameters: { method: undefined } }, '/parameters/method', 'breaking'],
  ['an optional parameter added', { parameters: { mode: { type: 'bool', default: false } } }, '/parameters/mode', 'compatible'],
  ['a parameter added that has to be given', { parameters: { mode: { type: 'bool' } } }, '/parameters/mode', 'breaking'],
  ['a parameter retyped', threshold({ type: 'string' }), '/parameters/threshold/type', 'breaking'],
  ['whole numbers become numbers', { parameters: { seed: { type: 'float' } } }, '/parameters/seed/type', 'compatible'],
  ['numbers become whole numbers', threshold({ type: 'int' }), '/parameters/threshold/type', 'breaking'],
  ['another unit', threshold({ unit: '1' }), '/parameters/threshold/unit', 'breaking'],
  ['no unit any more', without('unit'), '/parameters/threshold/unit', 'breaking'],
  ['another default', threshold({ default: 90 }), '/parameters/threshold/default', 'compatible'],
  ['no default any more', without('default'), '/parameters/threshold/default', 'breaking'],
  ['a default for what had to be given', { parameters: { seed: { type: 'int', default: 1 } } }, '/parameters/seed/default', 'compatible'],
  ['a higher minimum', threshold({ minimum: 0 }), '/parameters/threshold/minimum', 'breaking'],
  ['a lower minimum', threshold({ minimum: -2000 }), '/parameters/threshold/minimum', 'compatible'],
  ['no minimum any more', without('minimum'), '/parameters/threshold/minimum', 'compatible'],
  ['a minimum where there was none', { parameters: { seed: { type: 'int', minimum: 0 } } }, '/parameters/seed/minimum', 'breaking'],
  ['a lower maximum', threshold({ maximum: 100 }), '/parameters/threshold/maximum', 'breaking'],
  ['a higher maximum', threshold({ maximum: 4000 }), '/parameters/threshold/maximum', 'compatible'],
  [
    'a value less',
    { parameters: { method: { type: 'enum', values: ['fixed'], default: 'fixed' } } },
    '/parameters/method/values',
    'breaking',
  ],
  [
    'a value more',
    { parameters: { method: { type: 'enum', values: ['otsu', 'fixed', 'li'], default: 'fixed' } } },
    '/parameters/method/values',
    'compatible',
  ],
  ['a parameter described', threshold({ description: 'Where it begins.' }), '/parameters/threshold/description', 'wording'],
  ['a scope less', { input: { ...BASE.input, scope: ['series'] } }, '/input/scope', 'breaking'],
  ['a scope more', { input: { ...BASE.input, scope: ['instance', 'series', 'study'] } }, '/input/scope', 'compatible'],
  ['other units of the input', { input: { ...BASE.input, units: 'stored' } }, '/input/units', 'breaking'],
  ['a modality less', { input: { ...BASE.input, modalities: ['MR'] } }, '/input/modalities', 'breaking'],
  ['any modality', { input: { scope: BASE.input.scope, units: 'hu', rules: BASE.input.rules } }, '/input/modalities', 'compatible'],
  [
    'a rule that refuses more',
    { input: { ...BASE.input, rules: [...(BASE.input.rules as object[]), { fact: 'slices', range: { minimum: 2 }, severity: 'reject' }] } },
    '/input/rules',
    'breaking',
  ],
  [
    'a rule that warns',
    { input: { ...BASE.input, rules: [...(BASE.input.rules as object[]), { fact: 'slices', range: { minimum: 2 }, severity: 'warn' }] } },
    '/input/rules',
    'compatible',
  ],
  ['a rule less', { input: { ...BASE.input, rules: [] } }, '/input/rules', 'compatible'],
  ['another kind of result', { output: { ...BASE.output, kind: 'image' } }, '/output/kind', 'breaking'],
  ['a place of results less', { output: { ...BASE.output, store: ['pacs'] } }, '/output/store', 'breaking'],
  ['a place of results more', { output: { ...BASE.output, store: ['s3', 'pacs'] } }, '/output/store', 'compatible'],
  [
    'a segment more, at the end',
    { output: { ...BASE.output, segments: [SEGMENT, { ...SEGMENT, label: 'Bone' }] } },
    '/output/segments',
    'compatible',
  ],
  [
    'a segment more, before the others',
    { output: { ...BASE.output, segments: [{ ...SEGMENT, label: 'Bone' }, SEGMENT] } },
    '/output/segments',
    'breaking',
  ],
  ['a segment less', { output: { ...BASE.output, segments: [] } }, '/output/segments', 'breaking'],
  ['another code of a segment', { output: { ...BASE.output, segments: [{ ...SEGMENT, type: 'SCT 1' }] } }, '/output/segments', 'breaking'],
  [
    'another unit of a measurement',
    { output: { ...BASE.output, measurements: [{ name: 'Area', concept: 'SCT 42798000', unit: 'cm2' }] } },
    '/output/measurements',
    'breaking',
  ],
  ['another licence', { license: 'MIT' }, '/license', 'wording'],
  ['another description', { description: 'Finds it well.' }, '/description', 'wording'],
];

describe('what callers notice', () => {
  it.each(TABLE)('%s', (_, edit, path, effect) => {
    const found = contractDiff(BASE, edited(edit)).changes;
    expect(found.find((change) => change.path === path)).toMatchObject({ path, effect });
    const worst = (['breaking', 'compatible', 'wording'] as const).find((one) => found.some((change) => change.effect === one));
    expect(worst).toBe(effect);
  });

  it('is nothing where only a colour, the order of values, or a rule’s words change', () => {
    const rules = [{ ...(BASE.input.rules as object[])[0], description: 'Only 16 bits.' }];
    const same = edited({
      parameters: { method: { type: 'enum', values: ['otsu', 'fixed'], default: 'fixed' } },
      input: { ...BASE.input, rules },
      output: { ...BASE.output, segments: [{ ...SEGMENT, color: '#00ff00' }] },
    });
    expect(contractDiff(BASE, same)).toMatchObject({ changes: [], bump: null, satisfied: true });
  });
});

describe('the version that it needs', () => {
  const breaking = { parameters: { method: undefined } };
  const compatible = threshold({ default: 90 });
  const wording = { license: 'MIT' };

  it.each<[string, string, Edit, string, boolean]>([
    ['1.4.2', '1.4.2', {}, '1.4.2', true],
    ['1.4.2', '1.5.0', {}, '1.4.2', true],
    ['1.4.2', '1.4.2', wording, '1.4.3', false],
    ['1.4.2', '1.4.3', wording, '1.4.3', true],
    ['1.4.2', '1.4.3', compatible, '1.5.0', false],
    ['1.4.2', '1.5.0', compatible, '1.5.0', true],
    ['1.4.2', '2.0.0', compatible, '1.5.0', true],
    ['1.4.2', '1.5.0', breaking, '2.0.0', false],
    ['1.4.2', '2.0.0', breaking, '2.0.0', true],
    ['1.4.2', '1.4.1', breaking, '2.0.0', true],
    ['0.4.2', '0.4.3', breaking, '0.5.0', false],
    ['0.4.2', '0.5.0', breaking, '0.5.0', true],
    ['0.4.2', '1.0.0', breaking, '0.5.0', true],
  ])('from %s to %s', (from, to, edit, needs, satisfied) => {
    expect(contractDiff({ ...BASE, version: from }, edited(edit, to))).toMatchObject({ needs, satisfied });
  });
});

describe('for any two contracts', () => {
  const parameter: fc.Arbitrary<EntryParameter> = fc.oneof(
    fc.record(
      {
        type: fc.constantFrom('int' as const, 'float' as const),
        default: fc.integer({ min: 0, max: 3 }),
        minimum: fc.integer({ min: -3, max: 0 }),
        maximum: fc.integer({ min: 3, max: 6 }),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record(
      {
        type: fc.constant('enum' as const),
        values: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
        default: fc.constantFrom('a', 'b'),
      },
      { requiredKeys: ['type', 'values'] },
    ),
  );
  const contracts = fc.dictionary(fc.constantFrom('p', 'q', 'r'), parameter).map((parameters) => ({ ...BASE, parameters }));

  /** Whether a request is good, said independently: each value given fits, each that is needed is given. */
  function accepts(contract: EntryContract, request: Readonly<Record<string, unknown>>): boolean {
    const known = Object.keys(request).every((name) => name in contract.parameters);
    return (
      known &&
      Object.entries(contract.parameters).every(([name, declared]) => {
        const value = request[name];
        if (value === undefined) return declared.default !== undefined;
        if (declared.type === 'enum') return declared.values?.includes(value as string) ?? false;
        const number = typeof value === 'number' && (declared.type === 'float' || Number.isInteger(value));
        return number && (value as number) >= (declared.minimum ?? -Infinity) && (value as number) <= (declared.maximum ?? Infinity);
      })
    );
  }
  const requests = fc.dictionary(
    fc.constantFrom('p', 'q', 'r'),
    fc.oneof(fc.integer({ min: -4, max: 7 }), fc.constantFrom(0.5, 'a', 'b', 'c')),
  );

  it('a request that was good stays good unless the diff says that something breaks', () => {
    let seen = 0;
    fc.assert(
      fc.property(contracts, contracts, requests, (from, to, request) => {
        const breaks = contractDiff(from, to).changes.some(({ effect }) => effect === 'breaking');
        if (breaks || !accepts(from, request)) return;
        seen += 1;
        expect(accepts(to, request)).toBe(true);
      }),
      { numRuns: 8000 },
    );
    expect(seen).toBeGreaterThan(10);
  });

  it('nothing changes from a contract to itself', () => {
    fc.assert(
      fc.property(contracts, (contract) => {
        expect(contractDiff(contract, contract).changes).toEqual([]);
      }),
    );
  });
});
