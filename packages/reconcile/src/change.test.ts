import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffFields, hashOf, riskOf } from './change.ts';

describe('diffFields', () => {
  it.each([
    ['equal objects', { a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }, []],
    ['a changed leaf', { a: { b: 1 } }, { a: { b: 2 } }, [{ path: '/a/b', from: 2, to: 1 }]],
    ['a new field', { a: 1 }, {}, [{ path: '/a', from: null, to: 1 }]],
    ['a field that goes', {}, { a: 1 }, [{ path: '/a', from: 1, to: null }]],
    ['null and absent are the same', { a: null }, {}, []],
    ['a list is one value', { a: [1, 2] }, { a: [2, 1] }, [{ path: '/a', from: [2, 1], to: [1, 2] }]],
    ['a scalar against an object', { a: 1 }, { a: { b: 1 } }, [{ path: '/a', from: { b: 1 }, to: 1 }]],
    ['keys that a pointer has to escape', { 'x/y~z': 1 }, {}, [{ path: '/x~1y~0z', from: null, to: 1 }]],
    ['a field called as something that every object has', { constructor: 1 }, {}, [{ path: '/constructor', from: null, to: 1 }]],
    ['1 and 1.0 are one number', { a: 1.0 }, { a: 1 }, []],
    ['"1" and 1 are not', { a: '1' }, { a: 1 }, [{ path: '/a', from: 1, to: '1' }]],
  ])('%s', (_, to, from, expected) => expect(diffFields(to, from)).toEqual(expected));

  it('is empty exactly when both have the same hash', () => {
    const json = fc.object({ maxDepth: 3, values: [fc.integer(), fc.string(), fc.boolean()] });
    fc.assert(fc.property(json, json, (a, b) => (diffFields(a, b).length === 0) === (hashOf(a) === hashOf(b))));
  });
});

describe('hashOf', () => {
  it('is the SHA-256 of the RFC 8785 form', () => {
    // printf '{"a":1,"b":[true,null,"é"]}' | sha256sum
    expect(hashOf({ b: [true, null, 'é'], a: 1.0 })).toBe('sha256:9488dd13ca33d3291f5a91a1833dfa164811755ffba538c2b340780f8c31a0cb');
  });

  it('is that of any JSON, by the library for RFC 8785', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalize(value) ?? '';
        expect(hashOf(value)).toBe(`sha256:${createHash('sha256').update(text).digest('hex')}`);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses numbers that JSON does not have', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(() => hashOf({ value })).toThrow();
  });

  it('refuses what is not JSON', () => expect(() => hashOf(undefined)).toThrow('only JSON has a hash'));
});

describe('riskOf', () => {
  const field = (path: string) => ({ path, from: 1, to: 2 });
  it.each([
    ['create', [''], 'low'],
    ['delete', [''], 'high'],
    ['update', ['/cpu'], 'medium'],
    ['update', ['/entry/description'], 'low'],
    ['update', ['/entry/description', '/cpu'], 'medium'],
    ['update', ['/tags/mip:spec-hash'], 'low'],
  ] as const)('%s of %j is %s', (action, paths, risk) => expect(riskOf(action, paths.map(field))).toBe(risk));
});
