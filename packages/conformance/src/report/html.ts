/** Results as one file with everything in it: numbers and pictures, no script, nothing to fetch. It names cases, never files or patients. Pure. */
import { type CaseResult, type Conformance, hasPassed } from '../result.ts';
import { countsOf, distanceOf, endingOf, outcomesOf, secondsOf, titleOf, volumesOf } from './words.ts';

/** A picture's PNG by the path that a result names. */
export type ReadPicture = (path: string) => Uint8Array;

const ORDER = ['source', 'old', 'expected', 'new', 'difference'];

export function htmlReport(all: readonly Conformance[], readPicture: ReadPicture): string {
  const verdict = all.length > 0 && all.every(hasPassed) ? 'passed' : 'failed';
  const counts = countsOf(all.flatMap(({ cases }) => cases)) || 'no case ran';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Conformance: ${verdict}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Conformance: <span class="${verdict}">${verdict}</span>, ${counts}</h1>
<p>Research software: not a medical device, not for diagnosis, treatment or triage.</p>
${all.map((one) => algorithmOf(one, readPicture)).join('\n')}
</body>
</html>
`;
}

function algorithmOf(conformance: Conformance, readPicture: ReadPicture): string {
  const { old, place, cases, clinicalOwner } = conformance;
  const beside = 'version' in old ? `version ${escaped(old.version)} beside it` : escaped(old.absent);
  return `<section>
<h2>${escaped(titleOf(conformance))}</h2>
<p>Ran ${escaped(place)}; ${beside}. Clinical owner: ${escaped(clinicalOwner ?? 'none')}.</p>
${cases.map((one) => caseOf(one, readPicture)).join('\n')}
</section>`;
}

function caseOf(one: CaseResult, readPicture: ReadPicture): string {
  return `<article>
<h3>${escaped(one.name)} <span class="${one.status}">${one.status}</span></h3>
<dl>${factsOf(one)
    .map(([name, value]) => `<dt>${name}</dt><dd>${escaped(value)}</dd>`)
    .join('')}</dl>
${listOf('wrong', one.reasons)}${listOf('approval', one.approval)}<div class="pictures">${picturesOf(one, readPicture)}</div>
</article>`;
}

function factsOf(one: CaseResult): readonly (readonly [string, string])[] {
  const { change, expected } = one;
  const facts: (readonly [string, string])[] = [
    ['Expected by', expected ? `${one.expectedBy}, ${expected.by}` : one.expectedBy],
    ['Against what is expected', distanceOf(expected)],
    ['Ended with', change ? outcomesOf(change) : endingOf(one)],
    ['New against old', change ? (change.same ? 'the same' : distanceOf(change)) : ''],
    ['Volume', change ? volumesOf(change) : ''],
    ['Time', change ? `${secondsOf(change.old_seconds)} → ${secondsOf(one.seconds)}` : secondsOf(one.seconds)],
    ['Digest', one.digest ?? ''],
  ];
  return facts.filter(([, value]) => value !== '');
}

function listOf(kind: 'wrong' | 'approval', sentences: readonly string[]): string {
  if (sentences.length === 0) return '';
  const words = kind === 'approval' ? "Needs the clinical owner's approval:" : '';
  return `<div class="${kind}">${words}<ul>${sentences.map((sentence) => `<li>${escaped(sentence)}</li>`).join('')}</ul></div>\n`;
}

function picturesOf({ name, pictures }: CaseResult, readPicture: ReadPicture): string {
  const shown = ORDER.filter((what) => pictures[what] !== undefined);
  return shown
    .map((what) => {
      const data = Buffer.from(readPicture(pictures[what] as string)).toString('base64');
      return `<figure><img alt="${escaped(name)}, ${what}" src="data:image/png;base64,${data}"><figcaption>${what}</figcaption></figure>`;
    })
    .join('');
}

function escaped(value: string): string {
  return value.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 80rem; padding: 0 1rem; }
article { border: 1px solid #8886; border-radius: 8px; margin: 1rem 0; padding: 0 1rem 1rem; }
h3 span, h1 span { border-radius: 4px; color: #fff; font-size: .85em; padding: .1em .5em; }
.passed { background: #1a7f37; } .failed { background: #b3261e; }
dl { display: grid; gap: .25rem 1rem; grid-template-columns: max-content 1fr; } dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
.wrong { color: #b3261e; } .approval { border-left: 4px solid #bf8700; padding-left: .75rem; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; } figcaption { text-align: center; }
img { background: #000; height: 256px; image-rendering: pixelated; max-width: 100%; object-fit: contain; }
`;
