import { describe, expect, it } from 'vitest';
import { Failure } from './context.ts';
import { sentenceOf } from './sentence.ts';

const coded = (message: string, code: string, cause?: unknown) => Object.assign(new Error(message, { cause }), { code });

describe('an error as a sentence', () => {
  it.each<[string, unknown, RegExp]>([
    ['a failure speaks for itself', new Failure('there is no file x'), /^there is no file x$/],
    ['a refused connection', coded('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED'), /^nothing answers .*npm start/],
    ['a refused fetch', new TypeError('fetch failed', { cause: coded('', 'ECONNREFUSED') }), /^nothing answers .*npm start/],
    [
      'one that already says what to do',
      new Error('Could not read x: `npm start`', { cause: coded('', 'ECONNREFUSED') }),
      /^Could not read x/,
    ],
    [
      'a full disk',
      Object.assign(coded('ENOSPC: no space left on device, write', 'ENOSPC'), { path: '/x/y' }),
      /^the disk is full: \/x\/y could not be written\. Make room/,
    ],
    ['a full disk of a child', new Error('failed: ENOSPC: no space left on device, copyfile'), /^the disk is full\. Make room/],
    ['an error without words', new RangeError(''), /^RangeError$/],
    ['something thrown that is no error', 'text', /^text$/],
  ])('%s', (_, error, sentence) => {
    expect(sentenceOf(error)).toMatch(sentence);
  });
});
