import { describe, expect, it } from 'vitest';
import { overrideWords, parseOverride } from './override.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');

describe('an override as people write it', () => {
  it.each([
    ['6', '2h', { count: 6, until: '2026-01-01T02:00:00.000Z' }],
    ['0', '90m', { count: 0, until: '2026-01-01T01:30:00.000Z' }],
    ['5000', '7d', { count: 5000, until: '2026-01-08T00:00:00.000Z' }],
    ['catalog', '', undefined],
  ])('%s for %s', (count, duration, override) => {
    expect(parseOverride(count, duration, NOW)).toEqual(override);
  });

  it.each(['-1', '5001', '1.5', 'six', '', '1e3', ' 6'])('"%s" is no number of tasks', (count) => {
    expect(() => parseOverride(count, '2h', NOW)).toThrow(`"${count}" is no number of tasks: give 0 to 5000, or "catalog".`);
  });

  it.each(['8d', '0h', '-2h', '2 fortnights', '', '100', '1w 2d', 'x'.repeat(200)])('"%s" is no duration', (duration) => {
    expect(() => parseOverride('6', duration, NOW)).toThrow(/is no duration up to 7d: give something like 90m or 2h\./);
  });

  it('reads as a sentence', () => {
    expect(overrideWords({ count: 6, until: 'X' })).toBe('6 tasks until X, then what the catalog says');
    expect(overrideWords(undefined)).toBe('what the catalog says');
  });
});
