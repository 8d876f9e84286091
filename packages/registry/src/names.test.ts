import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALGORITHM_NAME, isAlgorithmName } from './names.ts';

const SCHEMA = join(import.meta.dirname, '../../../schemas/algorithm.schema.json');

describe('the name of an algorithm', () => {
  it.each(['ab', 'a1', 'lung-segmentation', 'a-1-b', 'a'.repeat(36)])('can be %s', (name) => {
    expect(isAlgorithmName(name)).toBe(true);
  });

  it.each(['', 'a', 'a'.repeat(37), '1a', 'Ab', 'a_b', 'a--b', '-ab', 'ab-', 'a b', 'ab\n', 'a/b', '..', undefined, null, 12, ['ab']])(
    'cannot be %j',
    (name) => {
      expect(isAlgorithmName(name)).toBe(false);
    },
  );

  it('is what the schema of an entry says', () => {
    const { name } = JSON.parse(readFileSync(SCHEMA, 'utf8')).properties;
    expect(name).toMatchObject({ minLength: 2, maxLength: 36, pattern: ALGORITHM_NAME.source });
  });
});
