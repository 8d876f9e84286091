import { describe, expect, it } from 'vitest';
import { generateAll, stale } from './generate-types.ts';

describe('the types generated from the schemas', () => {
  it('are the ones in the repository', async () => {
    expect(stale(await generateAll())).toEqual([]);
  });

  it('count as stale when one character differs', async () => {
    const [first] = await generateAll();
    expect(first && stale([{ ...first, text: `${first.text} ` }])).toEqual([first?.path]);
  });
});
