import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Parameters } from './entry.ts';
import { validateParameters } from './parameters.ts';

const DECLARED: Parameters = {
  radius: { type: 'int', default: 3, minimum: 1, maximum: 9 },
  threshold: { type: 'float', default: 81.8, minimum: -1024, maximum: 3071, unit: "[hnsf'U]" },
  smooth: { type: 'bool', default: true },
  note: { type: 'string' },
  method: { type: 'enum', values: ['fixed', 'otsu'], default: 'fixed' },
};
const DEFAULTS = { radius: 3, threshold: 81.8, smooth: true, method: 'fixed' };

describe('accepted', () => {
  it.each<[object, object]>([
    [{}, DEFAULTS],
    [{ radius: 1 }, { ...DEFAULTS, radius: 1 }],
    [
      { radius: 9, threshold: -1024 },
      { ...DEFAULTS, radius: 9, threshold: -1024 },
    ],
    [{ threshold: 3071 }, { ...DEFAULTS, threshold: 3071 }],
    [
      { smooth: false, method: 'otsu', note: '' },
      { ...DEFAULTS, smooth: false, method: 'otsu', note: '' },
    ],
    [{ note: 'é🙂' }, { ...DEFAULTS, note: 'é🙂' }],
  ])('%j is %j', (given, effective) => {
    expect(validateParameters(DECLARED, given)).toEqual({ effective, faults: [] });
  });

  it('keeps the declared order, so that equal parameters are equal text', () => {
    const { effective } = validateParameters(DECLARED, { method: 'otsu', note: 'a', radius: 2 });
    expect(Object.keys(effective)).toEqual(['radius', 'threshold', 'smooth', 'note', 'method']);
  });

  it('turns -0 into 0, as RFC 8785 writes it', () => {
    expect(Object.is(validateParameters(DECLARED, { threshold: -0 }).effective.threshold, 0)).toBe(true);
  });
});

describe('rejected', () => {
  it.each<[object, string, string]>([
    [{ radius: 0 }, '/parameters/radius', 'has to be at least 1'],
    [{ radius: 10 }, '/parameters/radius', 'has to be at most 9'],
    [{ radius: 1.5 }, '/parameters/radius', 'has to be a whole number'],
    [{ radius: '3' }, '/parameters/radius', 'has to be a whole number'],
    [{ radius: true }, '/parameters/radius', 'has to be a whole number'],
    [{ radius: null }, '/parameters/radius', 'has to be a whole number'],
    [{ radius: undefined }, '/parameters/radius', 'has to be a whole number'],
    [{ threshold: -1024.5 }, '/parameters/threshold', "has to be at least -1024 [hnsf'U]"],
    [{ threshold: Number.NaN }, '/parameters/threshold', 'has to be a finite number'],
    [{ threshold: Number.POSITIVE_INFINITY }, '/parameters/threshold', 'has to be a finite number'],
    [{ threshold: [1] }, '/parameters/threshold', 'has to be a finite number'],
    [{ smooth: 'true' }, '/parameters/smooth', 'has to be true or false'],
    [{ smooth: 1 }, '/parameters/smooth', 'has to be true or false'],
    [{ note: 1 }, '/parameters/note', 'has to be text'],
    [{ note: 'a'.repeat(257) }, '/parameters/note', 'has to have at most 256 characters'],
    [{ note: '\ud800' }, '/parameters/note', 'has to be well-formed Unicode'],
    [{ method: 'Fixed' }, '/parameters/method', 'has to be one of fixed, otsu'],
    [{ iterations: 150 }, '/parameters/iterations', 'is no parameter of this algorithm; it takes radius, threshold, smooth, note, method'],
    [
      { treshold: 1 },
      '/parameters/treshold',
      'is no parameter of this algorithm; did you mean threshold? It takes radius, threshold, smooth, note, method',
    ],
    [
      JSON.parse('{"__proto__": 1}'),
      '/parameters/__proto__',
      'is no parameter of this algorithm; it takes radius, threshold, smooth, note, method',
    ],
    [{ toString: 1 }, '/parameters/toString', 'is no parameter of this algorithm; it takes radius, threshold, smooth, note, method'],
  ])('%j at %s: %s', (given, pointer, detail) => {
    expect(validateParameters(DECLARED, given).faults).toEqual([{ pointer, detail }]);
  });

  it.each([null, [], 'a', 1, undefined])('%j is no mapping', (given) => {
    expect(validateParameters(DECLARED, given).faults).toMatchObject([{ pointer: '/parameters' }]);
  });

  it('an algorithm without parameters says so', () => {
    expect(validateParameters({}, { threshold: 0.7 }).faults).toEqual([
      { pointer: '/parameters/threshold', detail: 'is no parameter of this algorithm, which takes none' },
    ]);
  });

  it('reports all faults at once', () => {
    const { faults } = validateParameters(DECLARED, { radius: 0, smooth: 1, nothing: 1 });
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual(['/parameters/nothing', '/parameters/radius', '/parameters/smooth']);
  });
});

describe('for any input', () => {
  it('what is effective is accepted again, unchanged, or there is a fault', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 1, key: fc.constantFrom(...Object.keys(DECLARED), 'other') }), (given) => {
        const { effective, faults } = validateParameters(DECLARED, given);
        if (!faults.length) expect(validateParameters(DECLARED, effective)).toEqual({ effective, faults: [] });
        expect(faults.length > 0 || Object.keys(given).every((name) => name in effective)).toBe(true);
      }),
    );
  });
});
