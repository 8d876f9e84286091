import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EditError } from './edit.ts';
import { type Members, mergePatch } from './merge-patch.ts';
import { patchEntry } from './patch.ts';

describe('a patch', () => {
  it.each<[string, Members, string, string]>([
    ['of a number', { cpu: 2 }, 'name: seg\ncpu: 1 # cores\n', 'name: seg\ncpu: 2 # cores\n'],
    ['that says what is so', { cpu: 1, scaling: { min: 0 } }, 'cpu:   1\nscaling: {min: 0}\n', 'cpu:   1\nscaling: {min: 0}\n'],
    ['of nothing', {}, 'cpu: 1', 'cpu: 1'],
    ['inside braces', { scaling: { max: 4 } }, 'scaling: { min: 0,  max: 2 } # both\n', 'scaling: { min: 0,  max: 4 } # both\n'],
    [
      'that removes a field, not what is said above it',
      { timeout: null },
      '# one\ncpu: 1\n# two\ntimeout: 5 # s\n# three\ngpu: 0\n',
      '# one\ncpu: 1\n# two\n# three\ngpu: 0\n',
    ],
    ['that removes a field on several lines', { queue: null }, 'cpu: 1\nqueue:\n  a: 1\n  b: 2\n# g\ngpu: 0\n', 'cpu: 1\n# g\ngpu: 0\n'],
    ['that removes what is not there', { gpu: null }, 'cpu: 1\n', 'cpu: 1\n'],
    ['that removes the first in braces', { s: { a: null } }, 's: { a: 1, b: 2 }\n', 's: { b: 2 }\n'],
    ['that removes the last in braces', { s: { b: null } }, 's: { a: 1, b: 2 } # c\n', 's: { a: 1 } # c\n'],
    ['that removes all in braces', { s: { b: null } }, 's: { b: 2 }\n', 's: { }\n'],
    ['that removes all on lines', { s: { b: null } }, 's: # c\n  # d\n  b: 2\ncpu: 1\n', 's: {} # c\n  # d\ncpu: 1\n'],
    ['of a list', { architectures: ['arm64'] }, 'architectures: [amd64, arm64] # both\n', 'architectures: [ arm64 ] # both\n'],
    ['of a list on lines', { a: ['x'] }, 'a: # why\n  - b\n  - c\n# next\ncpu: 1\n', 'a: [ x ] # why\n# next\ncpu: 1\n'],
    [
      'with things that have fields, which get lines',
      { segments: [{ label: 'A' }, { label: 'B' }] },
      'segments: [{ label: C }] # all\ncpu: 1\n',
      'segments: # all\n  - { label: A }\n  - { label: B }\ncpu: 1\n',
    ],
    ['that adds a field where others have it', { timeout: 9 }, 'cpu: 1\n# in\ninput: {}\n', 'cpu: 1\ntimeout: 9\n# in\ninput: {}\n'],
    ['that adds the first field', { name: 'seg' }, '# head\ncpu: 1\n', '# head\nname: seg\ncpu: 1\n'],
    [
      'that adds to a field',
      { s: { c: 3 } },
      's:\n  a: 1 # one\n  b: 2 # two\n# t\nt: 0\n',
      's:\n  a: 1 # one\n  b: 2 # two\n  c: 3\n# t\nt: 0\n',
    ],
    ['that adds a parameter', { parameters: { t: { type: 'int' } } }, 'parameters: {}\n', 'parameters: { t: { type: int } }\n'],
    ['with Windows’ ends of lines', { a: [{ b: 1 }] }, 'a: 1\r\nc: 1\r\n', 'a:\r\n  - { b: 1 }\r\nc: 1\r\n'],
    ['of an entry in JSON', { cpu: 2, gpu: 1 }, '{"cpu": 1, "name": "seg"}', '{"cpu": 2, "name": "seg", gpu: 1}'],
    ['of a text on lines', { name: 'b' }, 'name: |\n  a\n  a\ncpu: 1\n', 'name: b\ncpu: 1\n'],
    ['where there is no value', { a: { b: 1 }, c: null }, 'a:\nc:\nd: 1\n', 'a: { b: 1 }\nd: 1\n'],
  ])('%s', (_, patch, before, after) => {
    expect(patchEntry(before, patch)).toBe(after);
  });

  it.each<[string, Members, string]>([
    ['an anchor that is used elsewhere', { a: { b: 2 } }, 'a: &x { b: 1 }\nc: *x\n'],
    ['an anchor that goes', { a: null }, 'a: &x { b: 1 }\nc: *x\n'],
    ['an alias', { c: { b: 2 } }, 'a: &x { b: 1 }\nc: *x\n'],
    ['a key of several lines', { a: null }, '? a\n: 1\nb: 2\n'],
  ])('that meets %s is refused', (_, patch, text) => {
    expect(() => patchEntry(text, patch)).toThrow(EditError);
  });

  it('of the repository’s own entries leaves all other lines', () => {
    const text = readFileSync(`${import.meta.dirname}/../../../catalog/algorithms/threshold-ccl.yaml`, 'utf8');
    const patched = patchEntry(text, { memory: 4096, parameters: { low: { default: 20 } }, references: null, gpu: 0 });
    const [old, now] = [text.split('\n'), patched.split('\n')];
    expect(now.filter((line) => !old.includes(line))).toEqual([
      'memory: 4096',
      'gpu: 0',
      expect.stringMatching(/^ {2}low: \{ type: float, default: 20, minimum: -1024/),
    ]);
    expect(old.filter((line) => !now.includes(line))).toHaveLength(3);
    expect(now.indexOf('gpu: 0')).toBe(now.indexOf('memory: 4096') + 1);
  });
});

const key = fc.constantFrom('name', 'cpu', 'memory', 'scaling', 'input', 'owners', 'min', 'max', 'on', 'constructor');
const scalar = fc.oneof(fc.string({ unit: 'grapheme-ascii', maxLength: 8 }), fc.integer(), fc.boolean());
const value = fc.oneof(
  { weight: 3, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.array(fc.dictionary(key, scalar, { maxKeys: 2, noNullPrototype: true }), { maxLength: 2 }),
  fc.dictionary(key, scalar, { maxKeys: 3, noNullPrototype: true }),
);
const fields = fc.uniqueArray(fc.tuple(key, value, fc.constantFrom('braces', 'lines')), { selector: ([name]) => name, minLength: 1 });
const patch = fc.dictionary(
  key,
  fc.oneof(
    value,
    fc.constant(null),
    fc.dictionary(key, fc.oneof(scalar, fc.constant(null)), { maxKeys: 3, minKeys: 1, noNullPrototype: true }),
  ),
  { maxKeys: 4, noNullPrototype: true },
);

/** An entry with a comment above each field, and at the end of every line on which one can stand, each of them another. */
function written(entry: readonly (readonly [string, unknown, string])[]): string {
  let count = 0;
  const comment = (of: string) => `# ${of}-${count++}`;
  return entry
    .map(([name, of, style]) => {
      const inner = typeof of === 'object' ? Object.entries(of as object) : [];
      if (style === 'braces' || inner.length === 0)
        return `${comment('above')}\n${JSON.stringify(name)}: ${JSON.stringify(of)} ${comment(name)}\n`;
      const lines = inner.map(
        ([own, item]) => `  ${Array.isArray(of) ? '-' : `${JSON.stringify(own)}:`} ${JSON.stringify(item)} ${comment(`${name}.${own}`)}\n`,
      );
      return `${comment('above')}\n${name}: ${comment(name)}\n${lines.join('')}`;
    })
    .join('');
}

const comments = (text: string): readonly string[] => text.match(/# [a-z.\d-]+-\d+(?=\r?$)/gm) ?? [];

describe('any patch of any entry', () => {
  it('gives what RFC 7396 says, keeps every comment that is not on a removed line, and the order', () => {
    fc.assert(
      fc.property(fields, patch, fc.boolean(), (entry, change, windows) => {
        const unix = written(entry);
        const text = windows ? unix.replaceAll('\n', '\r\n') : unix;
        const before = parse(text) as Members;
        const wanted = mergePatch(before, change) as Members;
        fc.pre(Object.keys(wanted).length > 0);
        const after = patchEntry(text, change);
        expect(parse(after)).toEqual(wanted);
        // Order: what was there stands as it stood.
        const names = Object.keys(parse(after) as object);
        const left = Object.keys(before).filter((name) => Object.hasOwn(wanted, name));
        expect(names.filter((name) => left.includes(name))).toEqual(left);
        // Comments: those above stay all; those of fields that the patch does not name, too.
        const lost = comments(unix).filter((one) => !comments(after).includes(one));
        expect(lost.filter((one) => one.startsWith('# above') || !Object.hasOwn(change, /# ([a-z]+)/.exec(one)?.[1] ?? ''))).toEqual([]);
        const goes = (name: string) => change[name] === null;
        expect(lost.filter((one) => /^# [a-z]+-/.test(one) && !goes(/# ([a-z]+)/.exec(one)?.[1] ?? ''))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
