import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson, visible } from './printable.ts';
import { commandIn } from './testing/runner-commands.ts';

/** Any text, and a good deal of what runners and terminals look for. */
const texts = fc
  .array(
    fc.oneof(
      fc.constantFrom('::', ':', '##[', '#', '[', ']', 'error', 'set-output name=a', 'set-env', ' ', '\n', '\r', '\u001b[31m', '\u0085'),
      fc.constantFrom('\u2028', '\u202e', '\u200b', '\ufeff', '\ud800', '\u00a0', '\u3000', '\\', '👩‍⚕️', 'é'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('text of others, made printable,', () => {
  it.each([
    [
      'stays as it is',
      'arn:aws:s3:::bucket, 12 × 0.5 µm [hnsf\'U] — "größer" #12',
      'arn:aws:s3:::bucket, 12 × 0.5 µm [hnsf\'U] — "größer" #12',
    ],
    ['stays on its line', 'one\ntwo\r\n\tthree\u2028four\u0085', 'one\\ntwo\\r\\n\\tthree\\u2028four\\x85'],
    ['paints nothing and rings no bell', '\u001b[31mred\u0007', '\\x1b[31mred\\x07'],
    ['reads in one direction', 'a\u202egnp.exe\u{e0041}', 'a\\u202egnp.exe\\u{e0041}'],
    ['has no halves of characters', `${'👩‍⚕️'}\ud83d`, '👩‍⚕️\\ud83d'],
    ['is no command at its start', '::error file=a::b', '\\::error file=a::b'],
    ['is no command after spaces', ' \u00a0::add-mask::b', ' \u00a0\\::add-mask::b'],
    ['is no command of the older kind', 'a ##[set-output name=a]b', 'a #\\#[set-output name=a]b'],
  ])('%s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('is one line without a control, whatever it was', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(visible(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
        expect(visible(text)).toBe(visible(visible(text)));
        expect(printable(text)).toBe(printable(printable(text)));
      }),
      { numRuns: 2000 },
    );
  });

  it('is no command at the start of a line, after anything, and in the middle of it', () => {
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom('', ' ', '! ', 'x ', '\u3000'),
        fc.constantFrom('', ' ::', '::x', '] x'),
        (text, before, after) => {
          for (const line of `${before}${printable(text)}${after}`.split(/[\r\n\u0085\u2028\u2029]/))
            expect(commandIn(line)).toBeUndefined();
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('would be one otherwise: the reader of commands knows them', () => {
    expect(commandIn('  ::error file=a,line=1::b')).toBe('error');
    expect(commandIn('a ##[set-output name=a]b')).toBe('set-output');
    expect(commandIn('::b')).toBeUndefined();
  });
});

describe('JSON, made printable,', () => {
  it('holds what it held, in lines without a control or a command', () => {
    // No backslash in a key: once V8's JSON.parse has read the key "\\", it may take "\n" for it. https://github.com/nodejs/node/issues/63785
    const keys = texts.map((text) => text.replaceAll('\\', '/'));
    const values = fc.oneof(texts, fc.array(texts, { maxLength: 3 }), fc.dictionary(keys, texts, { maxKeys: 3, noNullPrototype: true }));
    fc.assert(
      fc.property(values, fc.constantFrom(undefined, 2), (value, indent) => {
        const text = printableJson(value, indent);
        expect(JSON.parse(text)).toEqual(value);
        for (const line of text.split('\n')) {
          expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e]/u);
          expect(commandIn(line)).toBeUndefined();
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps names of any kind', () => {
    expect(printableJson({ '\n': 1, '\u0085': 2, '\\': 3, '##[': 4 })).toBe('{"\\n":1,"\\u0085":2,"\\\\":3,"#\\u0023[":4}');
  });

  it('is null where there is no value', () => {
    expect(printableJson(undefined)).toBe('null');
  });
});
