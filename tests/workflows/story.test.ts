/** `npm run story`: played once, and held against the pages that tell it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHAPTERS } from './story.ts';
import { chapterText, commentPage, lastLine, normalised, storyPage } from './story-page.ts';
import { playStory } from './story-play.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');
const STALE = 'the story is another by now: npm run story -- --write';

it('plays to its end, as docs/story.md tells it', { timeout: 240_000 }, async () => {
  const played = await playStory(CHAPTERS);
  expect(played.flatMap(({ fault }) => fault ?? [])).toEqual([]);
  expect(lastLine(played, CHAPTERS.length)).toBe('9 chapters, all ended as they should.');
  expect(storyPage(played), STALE).toBe(readFileSync(join(docs, 'story.md'), 'utf8'));
  expect(commentPage(played), STALE).toBe(readFileSync(join(docs, 'story-comment.html'), 'utf8'));
});

describe('what is printed', () => {
  const good = { title: 'One', done: 'This.', seen: ['a sight'], fault: undefined, comment: undefined };

  it('says which chapter did not end as it should, and why', () => {
    const wrong = { ...good, title: 'Two', fault: 'it is red' };
    expect(chapterText(good)).toBe('  a sight');
    expect(chapterText(wrong)).toBe('  a sight\n  NOT AS IT SHOULD BE: it is red');
    expect(lastLine([good, wrong], 3)).toBe('Chapter 2 of 3, "Two", did not end as it should.');
  });

  it.each([
    ['127.0.0.1:4711/a0123abcd-seg:v1.0.0', '127.0.0.1:<port>/mip-seg:v1.0.0'],
    [`sha256:${'0a'.repeat(32)} and sha256:0123456789ab…`, 'sha256:<digest> and sha256:<digest>'],
    [`${'1b'.repeat(20)}, 0123456789ab and the account 000000000000`, '<commit>, <commit> and the account 000000000000'],
    ['until 2026-11-26T19:34:06.470Z, in 0.31 s', 'until <time>, in <time>'],
  ])('%s is %s on the page', (text, page) => {
    expect(normalised(text)).toBe(page);
  });
});
