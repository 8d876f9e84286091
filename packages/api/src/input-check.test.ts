import type { Input } from '@mip/catalog/input-rules/rules-of';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CheckedInput, checkInput } from './input-check.ts';
import type { Found, Level, Look } from './look/look.ts';
import type { Capacity } from './size-check.ts';

const CT = { '00080060': { vr: 'CS', Value: ['CT'] } };
const SPACING = { '00280030': { vr: 'DS', Value: [0.5, 0.5] } };
const FRAMES = { '00280008': { vr: 'IS', Value: [30] } };
const MADE_BY_MIP = {
  '0018A001': {
    vr: 'SQ',
    Value: [
      {
        '00080070': { vr: 'LO', Value: ['MIP'] },
        '0040A170': { vr: 'SQ', Value: [{ '00080100': { vr: 'SH', Value: ['109102'] }, '00080102': { vr: 'SH', Value: ['DCM'] } }] },
      },
    ],
  },
};
const rules = (...given: object[]): Input => ({ rules: given.map((rule) => ({ severity: 'reject', ...rule })) as never });
const spacing = (maximum: number) => rules({ fact: 'spacing_mm', range: { maximum, unit: 'mm' } });
const slices = rules({ fact: 'slices', range: { minimum: 10, unit: '1' } });
const found = (more: Partial<Found> = {}): Look => ({ kind: 'found', ...more });

type Said = 'checked' | 'deferred' | 'refused';

const TABLE: readonly [string, Input, Level, Look, Said][] = [
  ['the PACS did not say', {}, 'instance', { kind: 'unknown', why: 'down' }, 'deferred'],
  ['nothing of it could be seen', {}, 'instance', found(), 'deferred'],
  ['no rule, and the whole data set', {}, 'instance', found({ instance: {} }), 'checked'],
  ['no rule, and a series', {}, 'series', found({ instance: {}, instances: 20 }), 'checked'],
  ['made by MIP', {}, 'instance', found({ instance: MADE_BY_MIP }), 'refused'],
  ['made by MIP, one instance of a series', {}, 'series', found({ instance: MADE_BY_MIP, instances: 2 }), 'refused'],
  [
    'made by MIP, which is wanted',
    rules({ fact: 'is_derived_by_mip', one_of: [true, false] }),
    'instance',
    found({ instance: MADE_BY_MIP }),
    'checked',
  ],
  ['the modality', { modalities: ['CT', 'MR'] }, 'instance', found({ instance: CT }), 'checked'],
  ['another modality', { modalities: ['MR'] }, 'instance', found({ instance: CT }), 'refused'],
  ['another modality, of which only the series is known', { modalities: ['MR'] }, 'series', found({ known: CT }), 'refused'],
  [
    'the modality, of which only the series is known: results of MIP may be among it',
    { modalities: ['CT'] },
    'series',
    found({ known: CT }),
    'deferred',
  ],
  ['no modality at all', { modalities: ['MR'] }, 'instance', found({ instance: {} }), 'deferred'],
  ['an attribute that has to be there', rules({ tag: 'RescaleSlope', present: true }), 'instance', found({ instance: CT }), 'refused'],
  ['the same, of which only a part is known', rules({ tag: 'RescaleSlope', present: true }), 'instance', found({ known: CT }), 'deferred'],
  ['the spacing of an instance', spacing(1), 'instance', found({ instance: SPACING }), 'checked'],
  ['the spacing of a series of one', spacing(1), 'series', found({ instance: SPACING, instances: 1 }), 'checked'],
  ['the spacing of a series, whose steps are not known', spacing(1), 'series', found({ instance: SPACING, instances: 2 }), 'deferred'],
  ['the spacing of a series of unknown length', spacing(1), 'series', found({ instance: SPACING }), 'deferred'],
  ['too coarse a spacing of a series', spacing(0.4), 'series', found({ instance: SPACING, instances: 2 }), 'refused'],
  ['the spacing of frames, whose steps are not known', spacing(1), 'instance', found({ instance: { ...SPACING, ...FRAMES } }), 'deferred'],
  ['no spacing', spacing(1), 'instance', found({ instance: {} }), 'deferred'],
  ['one slice, where ten are needed', slices, 'instance', found({ instance: {} }), 'refused'],
  ['30 frames', slices, 'instance', found({ instance: FRAMES }), 'checked'],
  ['10 slices', slices, 'series', found({ instance: {}, instances: 10 }), 'checked'],
  ['9 slices', slices, 'series', found({ instance: {}, instances: 9 }), 'refused'],
  ['slices nobody counted', slices, 'series', found({ instance: {} }), 'deferred'],
  ['several instances of several frames', slices, 'series', found({ instance: FRAMES, instances: 2 }), 'deferred'],
  ['one instance of 30 frames', slices, 'series', found({ instance: FRAMES, instances: 1 }), 'checked'],
  ['uniform, of one instance', rules({ fact: 'uniform', equals: true }), 'instance', found({ instance: {} }), 'checked'],
  ['uniform, of a series', rules({ fact: 'uniform', equals: true }), 'series', found({ instance: {}, instances: 2 }), 'deferred'],
  ['a study with one series that fits', { modalities: ['CT'] }, 'study', found({ modalities: ['CT', 'SR'] }), 'deferred'],
  ['a study without a series that fits', { modalities: ['CT'] }, 'study', found({ modalities: ['MR', 'SR'] }), 'refused'],
  ['a study that does not say', { modalities: ['CT'] }, 'study', found(), 'deferred'],
  ['a study, whatever its attributes', rules({ tag: 'Modality', equals: 'MR' }), 'study', found({ known: CT }), 'deferred'],
];

const ROOM = { memory: 512 };
const check = (input: Input, level: Level, look: Look) => checkInput({ input, capacity: ROOM }, level, look);

describe('an input', () => {
  it.each(TABLE)('%s', (_what, input, level, look, said) => {
    const { refused, warnings, deferred } = check(input, level, look);
    expect(refused.length > 0 ? 'refused' : deferred ? 'deferred' : 'checked').toBe(said);
    expect(warnings).toEqual([]);
  });

  it('names every rule that failed, and what it asks for; what only warns is apart', () => {
    const input = rules(
      { tag: 'Modality', equals: 'MR', description: 'Made for MR.' },
      { tag: 'RescaleSlope', present: true },
      { tag: 'KVP', present: true, severity: 'warn' },
    );
    const checked = check({ ...input, modalities: ['PT'] }, 'instance', found({ instance: { ...CT, ...MADE_BY_MIP } }));
    expect(checked).toEqual({
      refused: [
        'Modality has to be PT',
        'Modality has to be MR: Made for MR.',
        'RescaleSlope has to be there',
        'is_derived_by_mip has to be false: Results of MIP are not processed again.',
      ],
      warnings: ['KVP has to be there'],
      deferred: false,
    });
  });

  it('is never refused for what is not known', () => {
    const seen = fc.record({
      instance: fc.constantFrom({}, CT, SPACING, FRAMES),
      instances: fc.nat(20),
      modalities: fc.subarray(['CT', 'MR']),
      known: fc.constantFrom({}, CT),
    });
    const keys = ['instance', 'instances', 'modalities', 'known'] as const;
    const inputs = TABLE.map(([, input]) => input);
    fc.assert(
      fc.property(
        seen,
        fc.subarray([...keys]),
        fc.constantFrom(...inputs),
        fc.constantFrom<Level>('instance', 'series', 'study'),
        (all, kept, input, level) => {
          const whole = { ...all, instance: { ...all.known, ...all.instance } };
          const part = Object.fromEntries(kept.map((key) => [key, whole[key]]));
          if (check(input, level, found(part)).refused.length > 0) expect(check(input, level, found(whole)).refused).not.toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('an image that does not fit', () => {
  const us = (value: number) => ({ vr: 'US', Value: [value] });
  const image = { '00280010': us(512), '00280011': us(512), '00280002': us(1), '00280100': us(16) };
  const model = { base_mib: 100, bytes_per_voxel: 16 };
  const MOST = 512 * 512 * 2;

  it.each<[string, Level, Partial<Found>, Partial<Capacity>, number]>([
    ['as large as one may be', 'instance', { instance: image }, { maxImageBytes: MOST }, 0],
    ['a byte larger', 'instance', { instance: image }, { maxImageBytes: MOST - 1 }, 1],
    ['a byte larger, one of a series', 'series', { instance: image, instances: 5 }, { maxImageBytes: MOST - 1 }, 1],
    ['of more frames', 'instance', { instance: { ...image, ...FRAMES } }, { maxImageBytes: MOST }, 1],
    ['of more samples', 'instance', { instance: { ...image, '00280002': us(3) } }, { maxImageBytes: MOST }, 1],
    ['of one bit', 'instance', { instance: { ...image, '00280100': us(1) } }, { maxImageBytes: MOST / 16 }, 0],
    ['without a limit', 'instance', { instance: { ...image, '00280010': us(65535), '00280011': us(65535) } }, {}, 0],
    ['of unknown size', 'instance', { instance: {} }, { maxImageBytes: 1, memory_model: model }, 0],
    [
      'of a series that fills the memory: 100 MiB and 103 of 4 MiB',
      'series',
      { instance: image, instances: 103 },
      { memory_model: model },
      0,
    ],
    ['of a series that needs more', 'series', { instance: image, instances: 104 }, { memory_model: model }, 1],
    ['of a series nobody counted', 'series', { instance: image }, { memory_model: model }, 0],
    ['of 30 frames in less memory', 'instance', { instance: { ...image, ...FRAMES } }, { memory: 219, memory_model: model }, 1],
    ['of 30 frames in just enough', 'instance', { instance: { ...image, ...FRAMES } }, { memory: 220, memory_model: model }, 0],
  ])('%s', (_what, level, look, capacity, refusals) => {
    const { refused } = checkInput({ input: {}, capacity: { ...ROOM, ...capacity } }, level, found(look));
    expect(refused).toHaveLength(refusals);
  });
});

describe('a rule that a client overrides', () => {
  const image = { ...CT, '00280010': { vr: 'US', Value: [4] }, '00180050': { vr: 'DS', Value: [8] } };
  const thick: Input = rules({ tag: 'SliceThickness', range: { maximum: 5, unit: 'mm' } });
  const large: Input = rules({ tag: 'Rows', range: { minimum: 512, unit: '1' } });
  const words = 'SliceThickness has to be at most 5 mm';
  const override = (input: Input, tag: string, look: Look, role: string | undefined = 'radiologist') =>
    checkInput({ input, capacity: ROOM, overriding: { role, tags: new Set([tag]) } }, 'instance', look);
  const seen = found({ instance: image });

  it.each<[string, CheckedInput, readonly [refused: number, warnings: readonly string[]]]>([
    [
      'is checked, and said to be overridden',
      override(thick, 'SliceThickness', seen),
      [0, [`overridden by the role radiologist: ${words}`]],
    ],
    [
      'is said to be where nobody could look',
      override(thick, 'SliceThickness', { kind: 'unknown', why: 'down' }),
      [0, [`overridden by the role radiologist, should it fail: ${words}`]],
    ],
    ['refuses without a role', checkInput({ input: thick, capacity: ROOM }, 'instance', seen), [1, []]],
    ['refuses where another is named', override(thick, 'KVP', seen), [1, []]],
    ['refuses where it is one on the size', override(large, 'Rows', seen), [1, []]],
    ['refuses where it is the modality', override({ modalities: ['MR'] }, 'Modality', seen), [1, []]],
  ])('%s', (_what, { refused, warnings }, said) => {
    expect([refused.length, warnings]).toEqual(said);
  });

  it('does not make room for an image that is too large', () => {
    const capacity = { memory: 512, maxImageBytes: 1 };
    const large = found({ instance: { ...image, '00280011': { vr: 'US', Value: [4] }, '00280100': { vr: 'US', Value: [16] } } });
    const overriding = { role: 'radiologist', tags: new Set(['SliceThickness']) };
    expect(checkInput({ input: thick, capacity, overriding }, 'instance', large).refused).toEqual([
      'the image has 32 bytes decoded; at most 1 are taken here',
    ]);
  });
});
