/**
 * What a plan or a catalog says about lines of files, for an editor or a pull request to show there. Pure. All of it is printable, as a runner
 * reads annotations from the lines of a log.
 */

import type { Problem } from '@mip/catalog';
import { printable } from '@mip/catalog/printable';
import type { Cause } from '../change.ts';
import type { Prepared } from '../reconcile.ts';

/** As GitHub's workflow commands take it. `line` and `column` count from 1. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly title: string;
  readonly message: string;
}

const LEVELS: readonly Annotation['level'][] = ['error', 'warning', 'notice'];

/** Faults and warnings of the catalog, at their places. */
export function annotateProblems(problems: readonly Problem[]): readonly Annotation[] {
  return problems.map(({ file, line, column, pointer, severity, rule, message }) => ({
    level: severity,
    file: printable(file),
    line,
    column,
    title: printable(pointer === '' ? rule : `${rule} ${pointer}`),
    message: printable(message),
  }));
}

/** What is left alone is an error, what is risky a warning, the rest of the changes notices; the worst come first. */
export function annotatePlan({ plan }: Pick<Prepared, 'plan'>): readonly Annotation[] {
  const refused = plan.refusals.flatMap(({ cause, algorithm, reason }) => at(cause, 'error', `${algorithm} is left alone`, reason));
  const changed = plan.changes.flatMap(({ cause, action, kind, name, risk, fields }) => {
    const paths = fields.map(({ path }) => path).filter(Boolean);
    const words = paths.length > 0 ? `${action} ${kind} ${name}: ${paths.join(', ')}` : `${action} ${kind} ${name}`;
    return at(cause, risk === 'high' ? 'warning' : 'notice', `${action} ${kind}`, words);
  });
  return [...refused, ...changed].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

function at(cause: Cause | null, level: Annotation['level'], title: string, message: string): readonly Annotation[] {
  return cause ? [{ level, file: printable(cause.file), line: cause.line, title: printable(title), message: printable(message) }] : [];
}
