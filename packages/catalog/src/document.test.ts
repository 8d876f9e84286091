import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument as parseReference, stringify } from 'yaml';
import { DOCUMENT_LIMITS, parseDocument } from './document.ts';
import { below } from './pointer.ts';

const parse = (text: string) => parseDocument(text, 'a.yaml');

describe('values', () => {
  it.each([
    ['a: yes', { a: 'yes' }],
    ['a: true', { a: true }],
    ['a: 1.0', { a: 1 }],
    ['a: 1.0.0', { a: '1.0.0' }],
    ['a: 2024-01-31', { a: '2024-01-31' }],
    ['a: 010', { a: 10 }],
    ['a: 12:30', { a: '12:30' }],
    ['a:', { a: null }],
    ['a: &x [1]\nb: *x', { a: [1], b: [1] }],
    ['__proto__: 1', JSON.parse('{"__proto__": 1}')],
  ])('%j is read by YAML 1.2', (text, value) => {
    expect(parse(text)).toMatchObject({ value, problems: [] });
  });
});

describe('places', () => {
  const text =
    'a: 1\r\nb: { c: 2, "d": [3, x] }\r\ne:\r\n  f:\r\n    g: 4\r\n  h: |\r\n    text\r\n  i:\r\n  - j: 5\r\n    k: 6\r\n  - *m\r\n'.replace(
      '*m',
      "'q'",
    );
  const document = parse(text);

  it.each([
    ['', 1, 1],
    ['/a', 1, 4],
    ['/b', 2, 4],
    ['/b/c', 2, 9],
    ['/b/d', 2, 17],
    ['/b/d/1', 2, 21],
    ['/e', 3, 1],
    ['/e/f', 4, 3],
    ['/e/f/g', 5, 8],
    ['/e/h', 6, 3],
    ['/e/i', 8, 3],
    ['/e/i/0', 9, 5],
    ['/e/i/0/k', 10, 8],
    ['/e/i/1', 11, 5],
    ['/e/f/missing', 4, 3],
    ['/missing/deeper', 1, 1],
  ])('%s is at %i:%i', (pointer, line, column) => {
    expect(document.position(pointer)).toEqual({ line, column });
  });

  it.each([
    ['/a', 1, 1],
    ['/b/d', 2, 12],
    ['/e/i/0/k', 10, 5],
  ])('the key of %s is at %i:%i', (pointer, line, column) => {
    expect(document.keyPosition(pointer)).toEqual({ line, column });
  });

  it('what an alias stands for is where the alias is', () => {
    expect(parse('a: &x { b: 1 }\nc: *x\n').position('/c/b')).toEqual({ line: 2, column: 4 });
  });
});

describe('a text that is no entry is one problem, at its place', () => {
  const laughs = `a0: &a0 [x, x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')}\n`;

  it.each([
    ['', 1, 1, 'the file is empty'],
    ['# only a comment\n', 1, 1, 'the file is empty'],
    ['a: 1\n---\nb: 2\n', 1, 1, 'several documents'],
    ['a:\n\tb: 1\n', 2, 1, 'indent with spaces'],
    ['a: 1\nowners: [@x]\n', 2, 10, 'put it in quotes'],
    ['a: 1\nb: @x\n', 2, 4, 'put it in quotes'],
    ['a: b: c\n', 1, 5, 'quote a value that holds'],
    ['a: [1\nb: 2\n', 2, 1, 'mend the YAML'],
    ['a: 1\nb: *nowhere\n', 2, 5, 'unidentified alias'],
    ['a: !!python/object:os.system x\n', 1, 4, 'remove it'],
    ['? [a]\n: 1\n', 1, 1, 'complex keys'],
    ['a: 1\nb: "\u0007"\n', 2, 5, 'JSON character'],
    ['a: 1\nb: \u0000\n', 2, 4, 'null byte'],
    [laughs, 1, 1, 'aliases written out'],
    ['a: &a [*a]\n', 1, 1, 'aliases written out'],
    [`a: [${'x, '.repeat(DOCUMENT_LIMITS.nodes)}]`, 1, 1, 'more than 10000 values'],
    [`a: &a 1\nb: [${'*a, '.repeat(DOCUMENT_LIMITS.aliases + 1)}]\n`, 2, 5 + 4 * DOCUMENT_LIMITS.aliases, 'write the values out'],
    [`a: ${'['.repeat(200)}`, 1, 34, 'nested deeper'],
  ])('%j at %i:%i: %s', (text, line, column, message) => {
    const { value, problems } = parse(text);
    expect(value).toBeUndefined();
    expect(problems).toMatchObject([{ file: 'a.yaml', line, severity: 'error', rule: 'yaml', pointer: '' }]);
    expect(problems[0]?.message).toContain(message);
    expect(Math.abs((problems[0]?.column ?? 0) - column)).toBeLessThanOrEqual(1);
  });

  it('names every key that is there twice, and still reads the rest', () => {
    const { value, problems } = parse('a: 1\nb: { c: 1, c: 2 }\na: 3\n');
    expect(value).toEqual({ a: 3, b: { c: 2 } });
    expect(problems.map(({ line, column, pointer }) => [line, column, pointer])).toEqual([
      [2, 12, '/b/c'],
      [3, 1, '/a'],
    ]);
  });

  it('sees two keys that only read alike', () => {
    expect(parse('1: a\n01: b\n').problems).toMatchObject([{ line: 2, column: 1 }]);
  });

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '!',
      '|',
      '>',
      '"',
      "'",
      '#',
      '\t',
      '%',
      '@',
      '---',
      '...',
      '?',
      ',',
      '\ufeff',
      '\0',
      '0',
      '\r',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => parse(parts.join('')).position('/a').line >= 1),
      { numRuns: 2000 },
    );
  });
});

/** Every value's pointer with the place another parser gives it, where the two define the place alike: plain and quoted scalars. */
function referencePlaces(text: string): Map<string, { line: number; column: number }> {
  const lines = new LineCounter();
  const places = new Map<string, { line: number; column: number }>();
  const visit = (node: Node | null, pointer: string): void => {
    if (isMap(node))
      for (const pair of node.items) visit(pair.value as Node | null, below(pointer, String((pair.key as { value: unknown }).value)));
    else if (isSeq(node)) node.items.forEach((item, index) => void visit(item as Node, below(pointer, index)));
    else if (isScalar(node) && node.type !== 'BLOCK_LITERAL' && node.type !== 'BLOCK_FOLDED' && node.range && pointer) {
      const { line, col } = lines.linePos(node.range[0]);
      places.set(pointer, { line, column: col });
    }
  };
  visit(parseReference<ParsedNode>(text, { lineCounter: lines }).contents, '');
  return places;
}

describe('against the parser `yaml`', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('yes', '1.0', '0o7', '@a', ': ', '~', '- a'),
  );
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie('node'), { maxKeys: 4 }),
    ),
  })).node;
  const entry = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), value, { minKeys: 1, maxKeys: 5 });
  const style = fc.record({
    collectionStyle: fc.constantFrom('any' as const, 'block' as const, 'flow' as const),
    defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const, 'QUOTE_SINGLE' as const),
  });

  it('reads the same values and finds scalars at the same places', () => {
    fc.assert(
      fc.property(entry, style, (given, options) => {
        const text = stringify(given, { ...options, aliasDuplicateObjects: false });
        const document = parse(text);
        expect(document.problems).toEqual([]);
        expect(document.value).toEqual(parseReference(text).toJS());
        for (const [pointer, place] of referencePlaces(text)) expect([pointer, document.position(pointer)]).toEqual([pointer, place]);
      }),
      { numRuns: 500 },
    );
  });
});
