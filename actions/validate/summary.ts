/** What the check found, as the job summary shows it. Pure. */
import type { Problem } from '@mip/catalog';
import { code, table, text } from '@mip/reconcile/report/markdown';
import type { Checked } from './check.ts';

const SIGNS: Readonly<Record<Problem['severity'], string>> = { error: '❌', warning: '⚠️' };

/** @param found `hidden` is the number of problems that have no annotation at their lines. */
export function problemsSummary({ problems, algorithms, platforms, hidden }: Checked & { readonly hidden: number }): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  const heading = errors > 0 ? `### ❌ The catalog has ${count(errors, 'fault')}` : '### ✅ The catalog is valid';
  const looked = `${count(algorithms, 'algorithm')} and ${count(platforms, 'platform')} without fault, ${count(problems.length - errors, 'warning')}.`;
  const beyond = hidden > 0 ? [`GitHub shows ten annotations of each level for a step: ${hidden} of these are in this table only.`] : [];
  const rows = problems.map(({ severity, file, line, column, pointer, message, rule }) => [
    SIGNS[severity],
    code(`${file}:${line}:${column}`),
    code(pointer || 'the whole file'),
    text(message),
    code(rule),
  ]);
  return [heading, looked, ...beyond, ...(rows.length > 0 ? [table(['', 'where', 'what', 'what to do', 'rule'], rows)] : [])].join('\n\n');
}
