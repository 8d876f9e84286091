/** A story that was played, as a page of the documentation. Pure. */
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import type { Played } from './story-play.ts';

/** What is another in every play → what it is on the page. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\ba[0-9a-f]{8}\b/g, 'mip'], // the prefix of a place
  [/sha256:[0-9a-f]{64}/g, 'sha256:<digest>'],
  [/sha256:[0-9a-f]{12}…/g, 'sha256:<digest>'],
  [/\b[0-9a-f]{40}\b/g, '<commit>'],
  [/\b(?!0{12})[0-9a-f]{12}\b/g, '<commit>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z/g, '<time>'],
  [/\b\d+\.\d\d s\b/g, '<time>'],
  [/\b(127\.0\.0\.1|localhost):\d+/g, '$1:<port>'],
  [/\/tmp\/[\w./-]+/g, '<folder>'],
];

export function normalised(text: string): string {
  return VARIABLE.reduce((rest, [pattern, word]) => rest.replaceAll(pattern, word), text);
}

/** One chapter in plain text, as it is printed. */
export function chapterText({ seen, fault }: Pick<Played, 'seen' | 'fault'>): string {
  return [...seen.map((line) => `  ${line}`), ...(fault === undefined ? [] : [`  NOT AS IT SHOULD BE: ${fault}`])].join('\n');
}

export function lastLine(played: readonly Played[], chapters: number): string {
  const wrong = played.find(({ fault }) => fault !== undefined);
  if (wrong) return `Chapter ${played.length} of ${chapters}, "${wrong.title}", did not end as it should.`;
  return `${chapters} chapters, all ended as they should.`;
}

const INTRODUCTION = `# The story of a change

This is what \`npm run story\` prints: one pull request, from its first fault to its rollback. The workflows and the bundled actions are those of this
repository. They ran under [act](https://github.com/nektos/act) on one machine, against an AWS emulator and a double of GitHub's API that
refuses what does not fit GitHub's description of it; nothing of it ran on GitHub or in AWS. Docker had a stand-in: the algorithm's case ran in a
process of its own, and what was pushed to the emulator's registry is a manifest with a digest, without layers. So had the attestation. act
knows neither permissions nor environments with reviewers: the tokens of the double have the permissions that each job asks for, nobody reviews.

Every name begins with the platform's prefix, here \`mip\`. Prefixes, digests, commits, times and ports are another in every play; here words stand
for them. \`npm run story -- --write\` writes this page, and \`npm test\` plays the story and compares.
`;

export function storyPage(played: readonly Played[]): string {
  const chapters = played.map(
    ({ title, done, ...rest }, index) => `## ${index + 1}. ${title}\n\n${done}\n\n\`\`\`text\n${chapterText(rest)}\n\`\`\`\n`,
  );
  const comment = `## The comment after the merge\n\nAs GitHub keeps it; [rendered](story-comment.html).\n\n\`\`\`\`markdown\n${mergedComment(played)}\n\`\`\`\`\n`;
  return normalised([INTRODUCTION, ...chapters, `${lastLine(played, played.length)}\n`, comment].join('\n'));
}

function mergedComment(played: readonly Played[]): string {
  return played.find(({ title }) => title === 'Merged')?.comment ?? '';
}

const STYLE = `body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: #1f2328; }
table { border-collapse: collapse; } th, td { border: 1px solid #d1d9e0; padding: 0.3rem 0.8rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 85%; background: #f3f4f6; border-radius: 4px; } code { padding: 0.1em 0.3em; }
pre { padding: 1rem; overflow: auto; } blockquote { margin-left: 0; padding-left: 1rem; border-left: 4px solid #d1d9e0; }`;

/** The same comment as a reader of the pull request sees it, for a browser. */
export function commentPage(played: readonly Played[]): string {
  // Its own HTML is that of the actions, like <details>; they write what others said as text.
  const markdown = normalised(mergedComment(played)).replaceAll(/<(?=(?:digest|commit|time|port|folder)>)/g, '&lt;');
  const html = micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
  const head = `<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n<title>MIP's comment on a pull request</title>`;
  return `<!doctype html>\n<html lang="en">\n<head>\n${head}\n<style>\n${STYLE}\n</style>\n</head>\n<body>\n${html}\n</body>\n</html>\n`;
}
