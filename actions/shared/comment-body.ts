/** The text of MIP's comment: a hidden marker, perhaps a notice, and sections between hidden fences. Pure. */

/** The sections, in the order in which they are shown, each with the most characters that it may have: GitHub takes 65,536 in all. */
export const LONGEST_SECTION = { plan: 44_000, conformance: 11_000, result: 9_000 } as const;
export type Section = keyof typeof LONGEST_SECTION;

export interface Body {
  /** One line that holds of all of it, Markdown. */
  readonly notice?: string | undefined;
  readonly sections: Readonly<Partial<Record<Section, string>>>;
}

const SECTIONS = Object.keys(LONGEST_SECTION) as readonly Section[];
const NOTICE = '> [!NOTE]\n> ';
/** A notice is a sentence. */
const LONGEST_NOTICE = 500;

/** @returns undefined for a text that is no comment of this platform. */
export function parseBody(platform: string, text: string): Body | undefined {
  const lines = text.replaceAll('\r\n', '\n');
  if (!lines.startsWith(markerOf(platform))) return undefined;
  const notice = new RegExp(`^${escaped(markerOf(platform))}\\n\\n${escaped(NOTICE)}([^\\n]*)`).exec(lines)?.[1];
  const sections = SECTIONS.flatMap((name) => {
    const found = between(lines, fenceOf(name));
    return found === undefined ? [] : [[name, found] as const];
  });
  return { notice, sections: Object.fromEntries(sections) };
}

/** What is too long for its section is cut at a line, with a word about it: renderers see to it that this does not happen. */
export function renderBody(platform: string, { notice, sections }: Body): string {
  const written = SECTIONS.flatMap((name) => {
    const { start, end } = fenceOf(name);
    const markdown = sections[name];
    return markdown === undefined ? [] : [`${start}\n${shortened(markdown, LONGEST_SECTION[name])}\n${end}`];
  });
  return [markerOf(platform), ...(notice === undefined ? [] : [NOTICE + oneLine(notice)]), ...written].join('\n\n');
}

function markerOf(platform: string): string {
  return `<!-- mip:plan:${platform} -->`;
}

function fenceOf(name: Section): { readonly start: string; readonly end: string } {
  return { start: `<!-- mip:section:${name} -->`, end: `<!-- /mip:section:${name} -->` };
}

function between(text: string, { start, end }: { readonly start: string; readonly end: string }): string | undefined {
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  return from < 0 || to < 0 ? undefined : text.slice(from + start.length, to).trim();
}

/** Cut at a line, with a word about it, where it is too long. */
export function shortened(markdown: string, longest: number): string {
  if (markdown.length <= longest) return markdown;
  const more = '\n\n_The rest is in the summary of the job._';
  const cut = markdown.slice(0, longest - more.length);
  return cut.slice(0, Math.max(cut.lastIndexOf('\n'), 0)) + more;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, LONGEST_NOTICE);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
