import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CST, Parser, parse } from 'yaml';
import { EditError, editEntry, type FieldEdit } from './edit.ts';

const min = (value: number): FieldEdit => ({ path: ['scaling', 'min'], value });
const image: FieldEdit = { path: ['image_uri'], value: 'r.example/seg@sha256:ab', insteadOf: 'source' };

describe('a field', () => {
  it.each<[string, FieldEdit, string, string]>([
    ['on a line', min(3), 'scaling:\n  min: 0 # idle\n  max: 4\n', 'scaling:\n  min: 3 # idle\n  max: 4\n'],
    ['in braces', min(3), 'scaling: { min: 0,  max: 4 } # both\n', 'scaling: { min: 3,  max: 4 } # both\n'],
    ['in braces over lines', min(3), 'scaling: {\n  # few\n  min: 0,\n  }\n', 'scaling: {\n  # few\n  min: 3,\n  }\n'],
    ['quoted', { path: ['version'], value: '1.0.0' }, "version: '1.1.0'\n", 'version: 1.0.0\n'],
    ['that would be read as something else', { path: ['name'], value: 'true' }, 'name: seg\n', 'name: "true"\n'],
    ['as a block of lines', { path: ['name'], value: 'seg' }, 'name: |-\n  a\n  b\ncpu: 1\n', 'name: seg\ncpu: 1\n'],
    ['without a value', { path: ['name'], value: 'seg' }, 'name:\ncpu: 1\n', 'name: seg\ncpu: 1\n'],
    ['with ends of lines as on Windows', min(3), 'scaling:\r\n  max: 4\r\n', 'scaling:\r\n  max: 4\r\n  min: 3\r\n'],
    [
      'of an item in a list',
      { path: ['conformance', 1, 'expect', 'outcome'], value: 'found' },
      'conformance:\n  - name: a # one\n    expect: { outcome: done }\n  # two\n  - expect: { outcome: done, max_abs: 0 }\n',
      'conformance:\n  - name: a # one\n    expect: { outcome: done }\n  # two\n  - expect: { outcome: found, max_abs: 0 }\n',
    ],
    [
      'that is new comes last',
      min(3),
      'scaling:\n  max: 4 # most\n  # end\ncpu: 1',
      'scaling:\n  max: 4 # most\n  min: 3\n  # end\ncpu: 1',
    ],
    ['that is new in braces comes last', min(3), 'scaling: { max: 4 }\n', 'scaling: { max: 4, min: 3 }\n'],
    ['that is new in empty braces', min(3), 'scaling: {}\n', 'scaling: { min: 3 }\n'],
    ['whose parent is new', min(3), 'name: seg', 'name: seg\nscaling: { min: 3 }\n'],
    ['whose parent is new, of an entry in JSON', min(3), '{"name": "seg"}', '{"name": "seg", scaling: { min: 3 }}'],
    [
      'in the place of another',
      image,
      '# ours\nsource: algorithms/seg # built by CI\ncpu: 1\n',
      '# ours\nimage_uri: r.example/seg@sha256:ab # built by CI\ncpu: 1\n',
    ],
  ])('%s', (_, edit, before, after) => {
    expect(editEntry(before, [edit])).toBe(after);
  });

  it.each([
    ['an anchor that is used elsewhere', 'scaling: &s { min: 0 }\nother: *s\n'],
    ['an alias', 'other: &s { min: 0, max: 2 }\nscaling: *s\n'],
    ['a tag that makes another value of it', 'scaling: { min: !!str 0 }\n'],
    ['a list', 'scaling: [1]\n'],
    ['no entry', '- 1\n'],
    ['no YAML', 'scaling: {\n'],
  ])('behind %s is left alone', (_, text) => {
    expect(() => editEntry(text, [min(3)])).toThrow(EditError);
    expect(() => editEntry(text, [min(3)])).toThrow(/^scaling\.min cannot be set without touching other parts of the file/);
  });

  it.each([
    ['an item that is not there', { path: ['cases', 2, 'name'], value: 'c' }],
    ['an item itself', { path: ['cases', 0], value: 'c' }],
    ['a key where there is a list', { path: ['cases', 'name'], value: 'c' }],
  ] satisfies [string, FieldEdit][])('of a list is left alone where it is %s', (_, edit) => {
    expect(() => editEntry('cases:\n  - name: a\n  - name: b\n', [edit])).toThrow(EditError);
  });

  it('of the repository’s own entries keeps their lines', () => {
    const text = readFileSync(`${import.meta.dirname}/../../../catalog/algorithms/window-level.yaml`, 'utf8');
    const edited = editEntry(text, [min(3), { path: ['scaling', 'max'], value: 9 }]);
    expect(linesThatDiffer(text, edited)).toEqual(['scaling: { min: 3, max: 9, backlog_per_task: 5 }']);
  });
});

/** The lines of the new text that the old one does not have at their place from the start or from the end. */
function linesThatDiffer(before: string, after: string): readonly string[] {
  const [old, now] = [before.split(/\r?\n/), after.split(/\r?\n/)];
  let start = 0;
  while (start < old.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return now.slice(start, now.length - end);
}

const comment = fc.stringMatching(/^[a-z #:'"{}*&-]{0,12}$/).map((words) => `# ${words}`);
const word = fc.oneof(
  { weight: 9, arbitrary: fc.stringMatching(/^[a-z]{1,8}$/) },
  { weight: 1, arbitrary: fc.constantFrom('name', 'cpu', 'min', 'max') },
);
const scalar = fc.oneof(
  word,
  fc.integer().map(String),
  fc.boolean().map(String),
  fc.string({ unit: 'grapheme-ascii' }).map((text) => JSON.stringify(text)),
);

/** The lines of a field, in any of the styles in which people write one. */
const field = (key: string) =>
  fc.oneof(
    fc.tuple(scalar, fc.option(comment)).map(([value, note]) => [`${key}: ${value}${note ? ` ${note}` : ''}`]),
    fc
      .uniqueArray(fc.tuple(word, scalar), { selector: ([name]) => name })
      .chain((pairs) =>
        fc
          .option(comment)
          .map((note) => [`${key}: { ${pairs.map(([name, value]) => `${name}: ${value}`).join(', ')} }${note ? ` ${note}` : ''}`]),
      ),
    fc
      .uniqueArray(fc.tuple(word, scalar, fc.option(comment), fc.option(comment)), { selector: ([name]) => name, minLength: 1 })
      .map((pairs) => [
        `${key}:`,
        ...pairs.flatMap(([name, value, above, note]) => [
          ...(above ? [`  ${above}`] : []),
          `  ${name}: ${value}${note ? ` ${note}` : ''}`,
        ]),
      ]),
    fc.array(scalar, { minLength: 1 }).map((items) => [`${key}:`, ...items.map((item) => `- ${item}`)]),
    fc.array(word, { minLength: 1 }).map((lines) => [`${key}: |`, ...lines.map((line) => `    ${line}`)]),
  );

const scaling = fc.oneof(
  field('scaling').filter(([first = '']) => /: (\{|$)/.test(first) || first === 'scaling:'),
  fc.constantFrom(['scaling: { min: 0, max: 2 }'], ['scaling:', '  min: 1', '  max: 2'], []),
);

const entry = fc
  .tuple(
    fc.uniqueArray(word.filter((name) => !['scaling', 'source', 'true', 'null', 'false'].includes(name))),
    scaling,
    fc.option(comment),
    fc.boolean(),
    fc.constantFrom('\n', '\r\n'),
  )
  .chain(([names, own, above, ended, eol]) =>
    fc.tuple(...names.map(field)).chain((fields) =>
      fc.shuffledSubarray([...fields, own, ['source: algorithms/seg']], { minLength: fields.length + 2 }).map((all) => {
        const lines = [...(above ? [above] : []), ...all.flat()];
        return lines.join(eol) + (ended ? eol : '');
      }),
    ),
  )
  .filter((text) => isMapping(parse(text)) && isMapping(parse(text).scaling ?? {}));

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const edits: fc.Arbitrary<FieldEdit> = fc.oneof(
  fc.record({ path: fc.constantFrom<FieldEdit['path']>(['scaling', 'min'], ['scaling', 'max'], ['cpu']), value: fc.integer() }),
  fc.record({ path: fc.constant<FieldEdit['path']>(['name']), value: fc.string({ unit: 'grapheme' }) }),
  fc.record({
    path: fc.constant<FieldEdit['path']>(['image_uri']),
    value: fc.string({ unit: 'grapheme-ascii' }),
    insteadOf: fc.constant('source'),
  }),
);

function commentsOf(text: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, source } = node as CST.SourceToken;
    if (type === 'comment') found.push(source);
    for (const inner of Object.values(node)) visit(inner);
  };
  for (const token of new Parser().parse(text)) visit(token);
  return found;
}

it.each(['name:\n- a\n', 'name: [a]\n', 'name:\n  a: 0 # why\n', 'name: { a: 0 }\n'])(
  'what is more than one value is left alone, with the comments in it: %j',
  (text) => {
    expect(() => editEntry(text, [{ path: ['name'], value: 'b' }])).toThrow(EditError);
  },
);

describe('whatever the entry', () => {
  it('says what was asked and all that it said, by another parser, with all comments, on all other lines byte for byte', () => {
    fc.assert(
      fc.property(entry, edits, (text, edit) => {
        const [field = '', within] = edit.path;
        fc.pre(within !== undefined || typeof parse(text)[field] !== 'object');
        const edited = editEntry(text, [edit]);
        const { [edit.insteadOf ?? '']: _, ...expected } = parse(text);
        const [key, inner] = edit.path;
        expect(parse(edited)).toEqual({ ...expected, [key]: inner === undefined ? edit.value : { ...expected[key], [inner]: edit.value } });
        expect(commentsOf(edited)).toEqual(commentsOf(text));
        expect(linesThatDiffer(text, edited).filter((line) => line !== '').length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
