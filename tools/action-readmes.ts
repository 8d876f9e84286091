/**
 * Writes the tables of `actions/<name>/README.md` from its `action.yml`; what stands around them is written by hand. With `--check` it writes
 * nothing and fails where they differ. `npx node tools/action-readmes.ts [--check]`
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { actionNames } from './bundles.ts';

interface Field {
  readonly description: string;
  readonly required?: boolean;
  readonly default?: string;
}

/** What GitHub reads of an action. */
export interface Action {
  readonly name: string;
  readonly description: string;
  readonly inputs?: Readonly<Record<string, Field>>;
  readonly outputs?: Readonly<Record<string, Field>>;
}

const START = '<!-- from action.yml by tools/action-readmes.ts -->';
const END = '<!-- /from action.yml -->';

export function readAction(root: string, name: string): Action {
  return parse(readFileSync(join(root, 'actions', name, 'action.yml'), 'utf8'));
}

/** The two tables, as Markdown. */
export function tablesOf({ inputs = {}, outputs = {} }: Action): string {
  const inputRows = Object.entries(inputs).map(([name, field]) => [`\`${name}\``, presenceOf(field), field.description]);
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, description]);
  return `${table(['input', 'default', 'what it is'], inputRows)}\n\n${table(['output', 'what it is'], outputRows)}`;
}

function presenceOf(field: Field): string {
  if (field.required) return 'required';
  return field.default ? `\`${field.default}\`` : 'none';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.trim().replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** @throws {Error} where the README has no place for the tables. */
export function withTables(readme: string, action: Action): string {
  const start = readme.indexOf(START);
  const end = readme.indexOf(END);
  if (start < 0 || end < start) throw new Error(`put the lines ${START} and ${END} where its tables belong`);
  return `${readme.slice(0, start + START.length)}\n\n${tablesOf(action)}\n\n${readme.slice(end)}`;
}

/** The READMEs that are behind their `action.yml`, as they should be. */
export function staleReadmes(root: string): readonly { readonly path: string; readonly text: string }[] {
  return actionNames(root).flatMap((name) => {
    const path = join('actions', name, 'README.md');
    const present = readFileSync(join(root, path), 'utf8');
    const text = withTables(present, readAction(root, name));
    return text === present ? [] : { path, text };
  });
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const stale = staleReadmes(root);
  if (!process.argv.includes('--check')) for (const { path, text } of stale) writeFileSync(join(root, path), text);
  else if (stale.length) {
    console.error(`behind their action.yml, run npx node tools/action-readmes.ts:\n  ${stale.map(({ path }) => path).join('\n  ')}`);
    process.exitCode = 1;
  }
}
