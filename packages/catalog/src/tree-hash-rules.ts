/** The `.gitignore` files that hold for one folder, as Git reads them; Git itself need not be there. Pure. */
import ignore, { type Ignore } from 'ignore';

/** The lines of all `.gitignore` files from the repository's root down to one folder, every one relative to the root. */
export type Lines = readonly string[];

/** The lines of one `.gitignore`. @param base its folder, relative to the repository; '' for the root. */
export function linesOf(text: string, base: string): Lines {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  return lines.flatMap((line) => fromRoot(line, base));
}

/** Whether Git ignores a path by these lines, or by what they say of a folder above it. */
export class IgnoreRules {
  readonly #ignore: Ignore;

  constructor(lines: Lines) {
    this.#ignore = ignore({ ignorecase: false }).add(lines.map(asBytes));
  }

  /** @param path relative to the repository; a folder's ends with a slash. */
  ignores(path: string): boolean {
    return this.#ignore.ignores(asBytes(path));
  }
}

/** The same pattern as it would be in the root's file: so one list holds all, and its last match decides, as in Git. */
function fromRoot(line: string, base: string): readonly string[] {
  if (line.startsWith('#')) return [];
  const [, not = '', body = ''] = /^(!?)(.*)$/s.exec(line) ?? [];
  if (/^\/? *$/.test(body)) return [];
  const anchored = /\/(?! *$)/.test(body);
  const folder = base && `/${base.replace(/[\\*?[\]!# ]/g, '\\$&')}`;
  return [`${not}${folder}${anchored ? '' : '/**'}${body.startsWith('/') ? '' : '/'}${body}`];
}

/** Git compares bytes; here a character stands for one. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
