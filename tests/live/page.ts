/** A live catalog that was played, as a page of the documentation. Pure. */
import { normalised } from '../workflows/story-page.ts';
import type { Played } from './play.ts';

/** What is another in every play, beside what is so in every story → what it is on the page. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\b\d\d:\d\d:\d\d (?=catalog)/g, '<time> '],
  [/\(\d+\.\d s\)/g, '(<time>)'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, '<time>'],
  [/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<job>'],
  [/job_key=[0-9a-f]{32}/g, 'job_key=<key>'],
  [/trace_id=[0-9a-f]{32}/g, 'trace_id=<trace>'],
  [/^ *scaling: mip-(?!soft-tissue).*\n/gm, ''], // of other algorithms, which fall asleep when they like
  [/@[0-9a-f]{64}\b/g, '@<digest>'],
  [/[ \t]+$/gm, ''],
];

const INTRODUCTION = `# A live catalog

While \`npm start\` runs, what is saved in \`catalog/\` is validated, planned, applied and live a moment later. This is what one person sees:
\`npm run live -- --write\` plays it on a local cloud of its own and writes this page, and \`npm run test:full\` plays it and compares. Times, digests
and keys are another in every play; here words stand for them. What is indented is printed by \`npm start\`, the rest in another terminal.
`;

export function livePage(played: readonly Played[]): string {
  const chapters = played.map(
    ({ title, done, seen }, at) => `## ${at + 1}. ${title}\n\n${done}\n\n\`\`\`text\n${seen.join('\n')}\n\`\`\`\n`,
  );
  const page = [INTRODUCTION, ...chapters].join('\n');
  return normalised(VARIABLE.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), page));
}
