import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadKey, compile } from './match.ts';

const element = (vr: string, ...Value: unknown[]) => ({ vr, Value });
const name = (Alphabetic: string, Ideographic?: string) => ({ Alphabetic, ...(Ideographic && { Ideographic }) });

/** Expected by hand from PS3.4 §C.2.2.2; DCMTK's query attribute matching agrees where it has an opinion. */
const TABLE: readonly (readonly [vr: string, key: string, value: unknown, matches: boolean])[] = [
  ['LO', '', 'anything', true],
  ['LO', '*', 'anything', true],
  ['LO', 'Head', 'Head', true],
  ['LO', 'Head', 'head', false],
  ['LO', 'Head', 'Header', false],
  ['LO', 'Head*', 'Header', true],
  ['LO', '*ea?', 'Head', true],
  ['LO', 'He??', 'Hea', false],
  ['LO', 'a.c', 'abc', false],
  ['LO', '[a]*', 'a', false],
  ['SH', ' 123 ', '123', true],
  ['CS', 'CT', 'CT', true],
  ['CS', 'C?', 'CT', true],
  ['PN', 'doe^john', name('Doe^John'), true],
  ['PN', 'DOE^JOHN', name('Doe^John^^^'), true],
  ['PN', 'doe', name('Doe^John'), false],
  ['PN', 'doe*', name('Doe^John'), true],
  ['PN', '山田*', name('Yamada^Tarou', '山田^太郎'), true],
  ['DA', '20240131', '20240131', true],
  ['DA', '20240131', '20240201', false],
  ['DA', '20240101-20240131', '20240131', true],
  ['DA', '20240101-20240130', '20240131', false],
  ['DA', '-20240131', '19700101', true],
  ['DA', '20240131-', '20240131', true],
  ['DA', '20240201-', '20240131', false],
  ['DA', '20240131', '2024.01.31', true],
  ['DA', '20240131', 'unknown', false],
  ['TM', '1030', '103000', true],
  ['TM', '1030', '103059.99', true],
  ['TM', '1030', '1031', false],
  ['TM', '10-11', '113000', true],
  ['TM', '-0959', '100000', false],
  ['DT', '2024-2025', '20250630120000', true],
  ['UI', '1.2.3', '1.2.3', true],
  ['UI', '1.2', '1.2.3', false],
  ['UI', '1.2.3,1.2.4', '1.2.4', true],
  ['UI', '1.2.3\\1.2.4', '1.2.4', true],
  ['IS', '5', 5, true],
  ['IS', '05', 5, true],
  ['IS', '5', 50, false],
  ['US', '512', 512, true],
  ['DS', '0.5', 0.5, true],
  ['AS', '042Y', '042Y', true],
  ['AS', '04*', '042Y', false],
];

describe('a key against an attribute', () => {
  it.each(TABLE)('%s %j against %j: %s', (vr, key, value, matches) => {
    expect(compile(vr, key)(element(vr, value))).toBe(matches);
  });

  it('any of several values is enough; no value matches only the universal key', () => {
    expect(compile('CS', 'MR')(element('CS', 'CT', 'MR'))).toBe(true);
    for (const absent of [undefined, { vr: 'CS' }, element('CS'), element('CS', null)]) {
      expect(compile('CS', 'MR')(absent)).toBe(false);
      expect(compile('CS', '')(absent)).toBe(true);
    }
  });

  it.each([
    ['UI', '1.2.3*'],
    ['UI', '1.2,'],
    ['UI', '../1'],
    ['DA', 'yesterday'],
    ['DA', '2024'],
    ['DA', '20240101-20240131-'],
    ['DA', '-'],
    ['TM', '1'],
    ['IS', 'five'],
    ['US', ''.padEnd(3, '*')],
  ])('%s %j is refused', (vr, key) => {
    expect(() => compile(vr, key)).toThrow(BadKey);
  });

  it('wildcards mean what a naive matcher says', () => {
    const letters = fc.stringMatching(/^[ab*?]{0,8}$/);
    const naive = (pattern: string, value: string): boolean => {
      const [head, ...rest] = [...pattern];
      if (head === undefined) return value === '';
      if (head === '*') return naive(rest.join(''), value) || (value !== '' && naive(pattern, value.slice(1)));
      return value !== '' && (head === '?' || head === value[0]) && naive(rest.join(''), value.slice(1));
    };
    fc.assert(
      fc.property(letters, fc.stringMatching(/^[ab]{1,8}$/), (key, value) => {
        expect(compile('LO', key)(element('LO', value))).toBe(key === '' || naive(key, value));
      }),
      { numRuns: 2000 },
    );
  });

  it('ranges of dates mean what comparing days says', () => {
    const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true });
    const text = (date: Date) => date.toISOString().slice(0, 10).replaceAll('-', '');
    fc.assert(
      fc.property(fc.option(day), fc.option(day), day, (from, to, value) => {
        fc.pre(from !== null || to !== null);
        const inside = (from === null || text(from) <= text(value)) && (to === null || text(value) <= text(to));
        expect(compile('DA', `${from ? text(from) : ''}-${to ? text(to) : ''}`)(element('DA', text(value)))).toBe(inside);
      }),
    );
  });

  it('no key takes exponential time', () => {
    expect(compile('LO', `${'*a'.repeat(500)}b`)(element('LO', 'a'.repeat(5000)))).toBe(false);
  });
});
