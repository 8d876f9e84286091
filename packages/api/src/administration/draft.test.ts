import { checkAlgorithm } from '@mip/catalog/check';
import { parseDocument } from '@mip/catalog/document';
import { entryText } from '@mip/catalog/entry-text';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draftEntry, isOlder } from './draft.ts';

const platforms = [
  { allow: { regulatory: ['research' as const], licenses: ['GPL-3.0-only', 'MIT', 'Apache-2.0'] } },
  { allow: { regulatory: ['research' as const], licenses: ['Apache-2.0', 'MIT'] } },
];
const known = { versions: [], platforms };
const OLD = {
  name: 'seg',
  image_uri: `ghcr.io/clinic/seg@sha256:${'a'.repeat(64)}`,
  algorithm_type: 'python',
  description: 'Finds nothing.',
  cpu: 1024,
  memory: 2048,
  parameters: { threshold: { type: 'float', default: 0.5 } },
};

describe('a version that is not named', () => {
  it.each<[readonly string[], string]>([
    [[], '1.0.0'],
    [['1.0.0'], '1.1.0'],
    [['1.9.3', '1.10.0', '1.2.0'], '1.11.0'],
    [['0.3.1'], '0.4.0'],
  ])('after %j is %s', (versions, version) => {
    expect(draftEntry(OLD, { versions, platforms }).entry.version).toBe(version);
    expect(draftEntry({ ...OLD, owners: ['@a'] }, { versions, platforms }).entry.version).toBe(version);
    expect(draftEntry({ ...OLD, version: '7.0.0' }, { versions, platforms }).entry.version).toBe('7.0.0');
  });
});

describe('an older body', () => {
  it('gets what an entry needs, named as placeholders, and is one without a fault', () => {
    const { entry, placeholders } = draftEntry(OLD, known);
    expect(placeholders.map(({ field }) => field)).toEqual(['input', 'output', 'owners', 'license']);
    expect(entry.license).toBe('MIT');
    expect(checkAlgorithm(parseDocument(entryText(entry), 'seg.yaml')).problems).toEqual([]);
  });

  it('keeps what it says', () => {
    const { entry, placeholders } = draftEntry({ ...OLD, license: 'Apache-2.0' }, known);
    expect(entry).toMatchObject({ ...OLD, license: 'Apache-2.0' });
    expect(placeholders.map(({ field }) => field)).not.toContain('license');
    expect(draftEntry({ ...OLD, description: undefined }, known).placeholders).toHaveLength(4);
  });

  it.each([
    ['integer', 'int'],
    ['number', 'float'],
    ['double', 'float'],
    ['boolean', 'bool'],
    ['str', 'string'],
    ['enum', 'enum'],
    ['constructor', 'constructor'],
  ])('with the type %s means %s', (given, type) => {
    expect(draftEntry({ ...OLD, parameters: { a: { type: given, minimum: 1 } } }, known).entry.parameters).toEqual({
      a: { type, minimum: 1 },
    });
  });

  it.each([['input'], ['output'], ['owners'], ['source'], ['scaling']])('is none that says %s: an entry gets no placeholders', (field) => {
    expect(isOlder({ ...OLD, [field]: {} })).toBe(false);
    expect(draftEntry({ ...OLD, [field]: {} }, known).placeholders).toEqual([]);
  });
});

describe('the text of an entry', () => {
  it('says what the entry says, whatever that is', () => {
    const json = fc.jsonValue({ maxDepth: 3, noUnicodeString: false }).filter((value) => !JSON.stringify(value).includes('-0'));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('name', 'input', 'x', '- a', 'on', '"', ': '), json, { noNullPrototype: true, minKeys: 1 }),
        (entry) => {
          expect(parseDocument(entryText(entry, new Map([['name', 'placeholder: say it']])), '').value).toEqual(entry);
        },
      ),
      { numRuns: 300, examples: [[{ name: { '(\n$': [], '': { '': false } } }]] },
    );
  });
});
