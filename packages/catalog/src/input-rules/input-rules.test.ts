import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InputRule } from '../entry.ts';
import { checkRule, type FactName, type Facts, type Known } from './check-rule.ts';
import { framesOf, INSTANCE_FACTS } from './facts.ts';
import { isOverridable } from './overridable.ts';
import { rulesOf, wordsOf } from './rules-of.ts';
import type { Dataset, Scalar } from './values.ts';

interface Vectors {
  readonly tags: readonly { name: string; rule: InputRule; dataset: Dataset; complete?: boolean; result: string }[];
  readonly facts: readonly { name: string; rule: InputRule; facts: Record<string, { values: Scalar[]; more?: boolean }>; result: string }[];
  readonly derived: readonly { name: string; fact: keyof typeof INSTANCE_FACTS; dataset: Dataset; values: Scalar[] | null }[];
  readonly overrides: readonly { name: string; rule: InputRule; overridable: boolean }[];
}

const VECTORS: Vectors = JSON.parse(readFileSync(join(import.meta.dirname, '../../../../schemas/vectors/input-rules.json'), 'utf8'));

function factsOf(given: Vectors['facts'][number]['facts']): Facts {
  const seen = ({ values, more = false }: { values: Scalar[]; more?: boolean }) => {
    return { values, more, present: values.length > 0, numeric: false };
  };
  return Object.fromEntries(Object.entries(given).map(([name, fact]) => [name, seen(fact)]));
}

describe('a rule on a tag', () => {
  it.each(VECTORS.tags)('$name', ({ rule, dataset, complete = true, result }) => {
    expect(checkRule(rule, { dataset, complete, facts: {} })).toBe(result);
  });
});

it('a pattern looks at 10,240 characters at most', () => {
  const rule: InputRule = { tag: 'TextValue', matches: 'x$', severity: 'reject' };
  const check = (length: number) =>
    checkRule(rule, { dataset: { '0040A160': { vr: 'UT', Value: ['x'.repeat(length)] } }, complete: true, facts: {} });
  expect([check(10_240), check(10_241)]).toEqual(['pass', 'unknown']);
});

describe('a rule on a fact', () => {
  it.each(VECTORS.facts)('$name', ({ rule, facts, result }) => {
    expect(checkRule(rule, { dataset: {}, complete: true, facts: factsOf(facts) })).toBe(result);
  });
});

describe('whether a rule can be overridden', () => {
  it.each(VECTORS.overrides)('$name', ({ rule, overridable }) => {
    expect(isOverridable(rule)).toBe(overridable);
  });
});

describe('a fact of one instance', () => {
  it.each(VECTORS.derived)('$name', ({ fact, dataset, values }) => {
    expect(INSTANCE_FACTS[fact](dataset)?.values ?? null).toEqual(values);
  });

  it.each([
    [{}, 1],
    [{ '00280008': { vr: 'IS', Value: ['30'] } }, 30],
    [{ '00280008': { vr: 'IS', Value: [0] } }, 1],
    [{ '00280008': { vr: 'IS', Value: [1.5] } }, 1],
  ])('the frames of %j are %i', (dataset, frames) => {
    expect(framesOf(dataset)).toBe(frames);
  });
});

describe('the rules of an input', () => {
  const loops = { fact: 'is_derived_by_mip', equals: false, severity: 'reject' };

  it('refuse results of MIP where no rule speaks of them', () => {
    expect(rulesOf({})).toMatchObject([loops]);
  });

  it('leave it to the rule that does', () => {
    const rule: InputRule = { fact: 'is_derived_by_mip', one_of: [true, false], severity: 'warn' };
    expect(rulesOf({ rules: [rule] })).toEqual([rule]);
  });

  it('start with the modalities', () => {
    expect(rulesOf({ modalities: ['CT'] })).toMatchObject([{ tag: 'Modality', one_of: ['CT'], severity: 'reject' }, loops]);
  });

  it.each<[Partial<InputRule>, string]>([
    [{ tag: 'Modality', equals: 'CT' }, 'Modality has to be CT'],
    [{ tag: 'BitsAllocated', one_of: [8, 16], description: 'No 32 bits.' }, 'BitsAllocated has to be one of 8, 16: No 32 bits.'],
    [{ fact: 'spacing_mm', range: { minimum: 0.1, maximum: 2, unit: 'mm' } }, 'spacing_mm has to be at least 0.1 and at most 2 mm'],
    [{ fact: 'slices', range: { minimum: 10, unit: '1' } }, 'slices has to be at least 10'],
    [{ tag: 'SeriesDescription', matches: '^CT' }, 'SeriesDescription has to match ^CT'],
    [{ tag: 'RescaleSlope', present: true }, 'RescaleSlope has to be there'],
    [{ tag: 'RescaleSlope', present: false }, 'RescaleSlope has to be absent'],
    [{ fact: 'uniform', equals: true }, 'uniform has to be true'],
  ])('say what they ask for: %j', (rule, words) => {
    expect(wordsOf({ severity: 'reject', ...rule })).toBe(words);
  });
});

/** Tags that the rules read, so that arbitrary values meet them. */
const TAGS = [
  '00280030',
  '00200037',
  '52009229',
  '52009230',
  '00289110',
  '00209116',
  '0018A001',
  '0040A170',
  '00080070',
  '00280008',
  '00280004',
];
const VRS = ['CS', 'DS', 'SQ', 'US', 'PN', 'OB', 'AT', 'UV', 'ZZ'];

const { dataset } = fc.letrec<{ dataset: Dataset; element: unknown; value: unknown }>((tie) => ({
  dataset: fc.dictionary(fc.constantFrom(...TAGS), tie('element'), { maxKeys: 4 }) as fc.Arbitrary<Dataset>,
  element: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue({ maxDepth: 2 }),
    fc.record({ vr: fc.constantFrom(...VRS), Value: fc.array(tie('value'), { maxLength: 6 }) }, { requiredKeys: [] }),
  ),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom('MIP', '109102', 'DCM', '1', '0.5 ', 1, 0, 1e308),
    tie('dataset'),
  ),
}));

describe('whatever DICOM JSON comes', () => {
  const scalar = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
  const target = fc.oneof(
    fc.constantFrom(...TAGS, 'PhotometricInterpretation', 'Nonsense', '__proto__').map((tag) => ({ tag })),
    fc.constantFrom<FactName>('spacing_mm', 'orientation', 'is_derived_by_mip', 'slices', 'uniform').map((fact) => ({ fact })),
  );
  const comparison = fc.oneof(
    scalar.map((equals) => ({ equals })),
    fc.array(scalar, { minLength: 1 }).map((one_of) => ({ one_of })),
    fc.string({ minLength: 1, maxLength: 20 }).map((matches) => ({ matches })),
    fc.double({ noNaN: true }).map((minimum) => ({ range: { minimum, unit: '1' } })),
    fc.boolean().map((present) => ({ present })),
  );
  const rule = fc.tuple(target, comparison).map(([of, how]): InputRule => ({ ...of, ...how, severity: 'reject' }));

  it('a rule gives one of its three verdicts, and only `present` fails on what is not there', () => {
    fc.assert(
      fc.property(rule, dataset, fc.boolean(), (one, given, complete) => {
        const facts = Object.fromEntries(
          Object.entries(INSTANCE_FACTS).flatMap(([name, of]) => (of(given) ? [[name, of(given)]] : [])),
        ) as Facts;
        const known: Known = { dataset: given, complete, facts };
        expect(['pass', 'fail', 'unknown']).toContain(checkRule(one, known));
        const absent = checkRule(one, { dataset: {}, complete: true, facts: {} });
        if (one.present === undefined) expect(absent).toBe('unknown');
        expect(checkRule(one, { dataset: {}, complete: false, facts: {} })).toBe('unknown');
      }),
      { numRuns: 2000 },
    );
  });

  it('what is known of a part never turns out otherwise in the whole', () => {
    fc.assert(
      fc.property(rule, dataset, dataset, (one, part, rest) => {
        const before = checkRule(one, { dataset: part, complete: false, facts: {} });
        const after = checkRule(one, { dataset: { ...rest, ...part }, complete: true, facts: {} });
        if (before !== 'unknown') expect(after).toBe(before);
      }),
      { numRuns: 1000 },
    );
  });
});
