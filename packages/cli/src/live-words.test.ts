import type { Problem } from '@mip/catalog';
import type { Outcome } from '@mip/reconcile';
import { describe, expect, it } from 'vitest';
import { faultLines, headingOf, outcomeLines, UNCHANGED } from './live-words.ts';

const noon = new Date(2026, 0, 1, 12, 5, 9);

describe('the heading of a change', () => {
  it.each<[string, [string, boolean][], string]>([
    ['one file', [['algorithms/a.yaml', false]], '12:05:09 catalog/algorithms/a.yaml changed'],
    ['a file that is gone', [['algorithms/a.yaml', true]], '12:05:09 catalog/algorithms/a.yaml is gone'],
    [
      'several files',
      [
        ['algorithms/a.yaml', false],
        ['b.yaml', true],
        ['c.yaml', true],
      ],
      '12:05:09 catalog/algorithms/a.yaml changed and 2 more',
    ],
    [
      'an entry, beside the file of an editor',
      [
        ['algorithms/4913', true],
        ['algorithms/a.yaml', false],
      ],
      '12:05:09 catalog/algorithms/a.yaml changed',
    ],
    ['something else', [['algorithms/notes.md', false]], '12:05:09 catalog/algorithms/notes.md changed'],
    ['the folder itself', [['', true]], '12:05:09 catalog is gone'],
    ['a name that would move the cursor', [['algorithms/\x1b[2J.yaml', false]], '12:05:09 catalog/algorithms/\\x1b[2J.yaml changed'],
  ])('of %s', (_, paths, line) => {
    expect(headingOf(new Map(paths), noon)).toBe(line);
  });
});

describe('faults', () => {
  const problem = (over: Partial<Problem> = {}): Problem => ({
    ...{ file: 'catalog/algorithms/a.yaml', line: 7, column: 6, pointer: '/cpu', severity: 'error', rule: 'schema', message: 'is wrong' },
    ...over,
  });

  it('have their place, and change nothing; warnings are no faults', () => {
    const fault = 'catalog/algorithms/a.yaml:7:6 error /cpu: is wrong (schema)';
    expect(faultLines([problem(), problem({ severity: 'warning' })])).toEqual([fault, UNCHANGED]);
    expect(faultLines([problem({ severity: 'warning' })])).toEqual([fault.replace('error', 'warning')]);
    expect(faultLines([])).toEqual([]);
  });

  it('are counted where there are too many to read', () => {
    const lines = faultLines(Array.from({ length: 10_000 }, () => problem()));
    expect(lines).toHaveLength(22);
    expect(lines.at(-2)).toBe('and 9980 more faults: mip validate lists them all');
  });
});

describe('what became of an algorithm', () => {
  const outcome = (over: Partial<Outcome>): Outcome => ({
    ...{ kind: 'service', name: 'mip-a', algorithm: 'a', action: 'create', result: 'done', reason: '' },
    ...over,
  });
  const row = (over: Partial<Outcome>) => outcome({ kind: 'registry-entry', name: 'a', ...over });
  const waiting = { result: 'waiting', reason: 'mip-a-requests.fifo still holds 3 messages to be worked off' } as const;

  it.each<[string, readonly Outcome[], readonly string[]]>([
    ['all made', [outcome({}), row({})], ['a is live']],
    ['changed', [outcome({ action: 'update' })], ['a is live']],
    [
      'withdrawn, and drains',
      [row({ action: 'delete' }), outcome({ action: 'delete', ...waiting })],
      ['a is withdrawn: it takes no more jobs', `a waits: ${waiting.reason}`],
    ],
    [
      'drains',
      [outcome({ action: 'delete', ...waiting }), outcome({ action: 'delete', result: 'skipped' })],
      [`a waits: ${waiting.reason}`],
    ],
    ['all gone', [outcome({ action: 'delete' })], ['a is gone']],
    [
      'an image that comes from elsewhere from now on',
      [row({ action: 'update' }), outcome({ kind: 'image-repository', action: 'delete' })],
      ['a is live'],
    ],
    [
      'failed',
      [outcome({ result: 'failed', reason: 'no room' }), row({ result: 'skipped' })],
      ['a: create service mip-a failed: no room; what ran before goes on'],
    ],
    [
      'refused',
      [outcome({ result: 'refused', reason: 'not owned' })],
      ['a: create service mip-a refused: not owned; what ran before goes on'],
    ],
    ['two of them', [outcome({}), outcome({ algorithm: 'b', action: 'delete' })], ['a is live', 'b is gone']],
    ['nothing', [], []],
  ])('%s', (_, outcomes, lines) => {
    expect(outcomeLines({ outcomes })).toEqual(lines);
  });
});
