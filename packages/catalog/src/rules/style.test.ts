import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkAlgorithm } from '../check.ts';
import { parseDocument } from '../document.ts';
import type { Algorithm } from '../entry.ts';
import { SCHEMAS } from '../testing/examples.ts';
import { entryText } from '../testing/repository.ts';
import { FIELD_ORDER, style } from './style.ts';

const context = { platforms: [], has: () => true, sizeOf: () => undefined };
const complaints = (algorithm: Algorithm) =>
  Array.from(style.check({ algorithms: [algorithm], ...context }), ({ pointer, message }) => `${pointer} ${message}`);
const ofText = (text: string) => complaints(checkAlgorithm(parseDocument(text, 'a.yaml')).item);

describe('style', () => {
  it('knows the order of the schema', () => {
    const schema = JSON.parse(readFileSync(join(SCHEMAS, 'algorithm.schema.json'), 'utf8'));
    expect(FIELD_ORDER).toEqual(Object.keys(schema.properties));
  });

  const DESCRIPTION = '/description is what people read in lists and in the API; end it as a sentence, with a full stop';

  it.each<[string, string, string[]]>([
    ['nothing of an entry as others are', entryText('alpha'), []],
    ['the order', entryText('alpha', 'timeout: 5\n'), ['/timeout stands before input in other entries; move it there']],
    [
      'the order once',
      entryText('alpha', 'timeout: 5\nstatus: active\n'),
      ['/timeout stands before input in other entries; move it there'],
    ],
    ['a description that is no sentence', entryText('alpha').replace('nothing.', 'nothing'), [DESCRIPTION]],
    ['nothing of a question', entryText('alpha').replace('nothing.', 'nothing?'), []],
    [
      'a parameter that nobody explains',
      entryText('alpha').replace('input:', 'parameters: { p: { type: int }, q: { type: int, description: So many. } }\ninput:'),
      ['/parameters/p has no description; say what it does, for who has to choose a value'],
    ],
  ])('complains of %s', (_, text, expected) => {
    expect(ofText(text)).toEqual(expected);
  });

  it('complains of the order exactly where the fields are not sorted by it', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...FIELD_ORDER]), (written) => {
        const sorted = written.toSorted((a, b) => FIELD_ORDER.indexOf(a) - FIELD_ORDER.indexOf(b));
        const found = complaints({ written, description: 'A.', parameters: {} } as unknown as Algorithm);
        expect(found.length).toBe(sorted.join() === written.join() ? 0 : 1);
      }),
    );
  });
});
