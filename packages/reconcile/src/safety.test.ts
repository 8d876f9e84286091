import { describe, expect, it } from 'vitest';
import { dangers } from './safety.ts';
import { THRESHOLDS } from './thresholds.ts';

const SOUND = { algorithms: 5, faults: [] };
const NOTHING = { owned: 0, deleted: 0, updated: 0 };

describe('an empty or unreadable catalog', () => {
  it('is refused even where nothing is owned', () => {
    expect(dangers({ algorithms: 0, faults: [] }, NOTHING)).toEqual([expect.stringContaining('The catalog is empty')]);
  });

  it('is refused whatever is allowed', () => {
    expect(dangers({ algorithms: 0, faults: [] }, NOTHING, ['deletes', 'updates'])).toHaveLength(1);
    expect(dangers({ algorithms: 3, faults: ['a.yaml:1:1 broken'] }, NOTHING, ['deletes', 'updates'])).toEqual([
      'The catalog cannot be read: a.yaml:1:1 broken',
    ]);
  });
});

describe('deletions, of those owned', () => {
  it.each([
    { owned: 0, deleted: 0, refused: false },
    { owned: 1, deleted: 1, refused: true }, // all
    { owned: 2, deleted: 1, refused: false },
    { owned: 2, deleted: 2, refused: true }, // all
    { owned: 9, deleted: 2, refused: false },
    { owned: 9, deleted: 3, refused: true }, // more than 2
    { owned: 10, deleted: 3, refused: false }, // 30 %
    { owned: 10, deleted: 4, refused: true },
    { owned: 13, deleted: 4, refused: true }, // 30.8 %
    { owned: 14, deleted: 4, refused: false }, // 28.6 %
    { owned: 1000, deleted: 300, refused: false },
    { owned: 1000, deleted: 301, refused: true },
  ])('$deleted of $owned: refused = $refused', ({ owned, deleted, refused }) => {
    const extent = { owned, deleted, updated: 0 };
    expect(dangers(SOUND, extent).length > 0).toBe(refused);
    expect(dangers(SOUND, extent, ['deletes'])).toEqual([]);
  });

  it('against a share that binary fractions do not hold are said as it was written', () => {
    const thresholds = { ...THRESHOLDS, deletedShare: 0.07 };
    expect(dangers(SOUND, { owned: 100, deleted: 8, updated: 0 }, [], thresholds)[0]).toMatch(/^8 of 100 .* more than 7 %\. /);
  });

  it('are said with their numbers and the way out', () => {
    expect(dangers(SOUND, { owned: 12, deleted: 5, updated: 0 })).toEqual([
      '5 of 12 algorithms would be deleted, more than 30 %. If that is meant, allow "deletes" for this run.',
    ]);
  });
});

describe('updates, of those owned', () => {
  it.each([
    { owned: 9, updated: 9, refused: false },
    { owned: 10, updated: 5, refused: false },
    { owned: 10, updated: 6, refused: true },
  ])('$updated of $owned: refused = $refused', ({ owned, updated, refused }) => {
    const extent = { owned, deleted: 0, updated };
    expect(dangers(SOUND, extent).length > 0).toBe(refused);
    expect(dangers(SOUND, extent, ['updates'])).toEqual([]);
  });

  it('one override does not lift the other rule', () => {
    const extent = { owned: 10, deleted: 10, updated: 10 };
    expect(dangers(SOUND, extent, ['deletes'])).toEqual([expect.stringContaining('updated')]);
    expect(dangers(SOUND, extent, ['updates'])).toEqual([expect.stringContaining('deleted')]);
  });
});
