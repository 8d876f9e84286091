/** A section of a page that is a shell's transcript: what is typed, and what it answers. Pure. */

export interface ShellStep {
  /** What is typed. */
  readonly script: string;
  /** What the page says comes of it; none where a step answers nothing. */
  readonly answer?: { readonly language: 'json' | 'console'; readonly text: string };
}

const BLOCK = /^```(sh|json|console)\n(.*?)^```$/gms;

/** @throws {Error} when the page has no such section, or an answer to nothing. */
export function shellSteps(page: string, title: string): readonly ShellStep[] {
  const section = page.split(/^(?=## )/m).find((one) => one.startsWith(`## ${title}\n`));
  if (section === undefined) throw new Error(`the page has no section ${title}`);
  const steps: ShellStep[] = [];
  for (const [, language, text = ''] of section.matchAll(BLOCK)) {
    const asked = steps.at(-1);
    if (language === 'sh') steps.push({ script: text });
    else if (!asked || asked.answer) throw new Error(`nothing was asked for the answer\n${text}`);
    else steps[steps.length - 1] = { ...asked, answer: { language: language as 'json' | 'console', text } };
  }
  return steps;
}

/** What is another in every play → the word that stands for it on the page. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z-[0-9a-f]{12}\b/g, '<run>'],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z/g, '<time>'],
  [/\bsha256:[0-9a-f]{64}\b/g, 'sha256:<digest>'],
];

/** As the page has it: JSON as its value, all else as lines. */
export function shown({ language }: NonNullable<ShellStep['answer']>, text: string): unknown {
  const words = VARIABLE.reduce((rest, [pattern, word]) => rest.replaceAll(pattern, word), text);
  return language === 'json' ? JSON.parse(words) : words.trimEnd().split('\n');
}
