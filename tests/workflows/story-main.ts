/** `npm run story`: plays the story of a change and prints it; with `--write`, also writes its pages in `docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHAPTERS } from './story.ts';
import { chapterText, commentPage, lastLine, storyPage } from './story-page.ts';
import { playStory } from './story-play.ts';

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
const docs = join(import.meta.dirname, '..', '..', 'docs');
const print = (text: string) => process.stdout.write(`${text}\n`);

print(
  'An AWS emulator and a double of GitHub’s API start, and actions that are not bundled yet are; then the story plays, for a minute or two.',
);
const played = await playStory(CHAPTERS, {
  begins: ({ title, done }, number) => print(`\n${number}/${CHAPTERS.length} ${title}\n${done}\n  …`),
  ended: (one) => print(chapterText(one)),
});
const failed = played.some(({ fault }) => fault !== undefined);
if (values.write && !failed) {
  writeFileSync(join(docs, 'story.md'), storyPage(played));
  writeFileSync(join(docs, 'story-comment.html'), commentPage(played));
  print('\ndocs/story.md and docs/story-comment.html are written.');
}
print(`\n${lastLine(played, CHAPTERS.length)}`);
process.exitCode = failed ? 1 : 0;
