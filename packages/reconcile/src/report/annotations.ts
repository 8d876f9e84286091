/**
 * What a plan or a catalog says about lines of files, for an editor or a pull request to show there. Pure. All of it is printable, as a runner
 * reads annotations from the lines of a log.
 */

import type { Problem } from '@mip/catalog';
import { printable } from '@mip/catalog/printable';
import type { Cause, PlannedChange } from '../change.ts';
import type { Prepared } from '../reconcile.ts';
import type { Report } from '../run.ts';
import { countsOf } from './story.ts';

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

/** What is left alone is an error, what is risky a warning, the rest of the changes notices, one for each line; the worst come first. */
export function annotatePlan({ plan }: Pick<Prepared, 'plan'>): readonly Annotation[] {
  const refused = plan.refusals.flatMap(({ cause, algorithm, reason }) => at(cause, 'error', `${algorithm} is left alone`, reason));
  const byLine = Map.groupBy(plan.changes, ({ algorithm, cause }) => `${algorithm}\n${cause?.file}\n${cause?.line}`);
  const changed = [...byLine.values()].flatMap(annotateLine);
  return [...refused, ...changed].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}

/** What of an apply failed or was refused, at the line that asked for it. */
export function annotateReport({ plan, outcomes }: Pick<Report, 'plan' | 'outcomes'>): readonly Annotation[] {
  return outcomes
    .filter(({ result }) => result === 'failed' || result === 'refused')
    .flatMap(({ kind, name, algorithm, action, result, reason }) => {
      const cause = plan.changes.find((change) => change.kind === kind && change.name === name && change.algorithm === algorithm)?.cause;
      return at(cause ?? null, 'error', `${algorithm}: ${action} ${kind} ${name} ${result}`, reason);
    });
}

/** The changes of one algorithm that one line asks for. */
function annotateLine(changes: readonly PlannedChange[]): readonly Annotation[] {
  const [{ algorithm = '', cause = null } = {}] = changes;
  const level = changes.some(({ risk }) => risk === 'high') ? 'warning' : 'notice';
  return at(cause, level, `${algorithm}: ${countsOf(changes)}`, changes.map(wordsOf).join('; '));
}

function wordsOf({ action, kind, name, fields }: PlannedChange): string {
  const paths = fields.map(({ path }) => path).filter(Boolean);
  return [`${action} ${kind} ${name}`, ...(paths.length > 0 ? [paths.join(', ')] : [])].join(': ');
}

function at(cause: Cause | null, level: Annotation['level'], title: string, message: string): readonly Annotation[] {
  return cause ? [{ level, file: printable(cause.file), line: cause.line, title: printable(title), message: printable(message) }] : [];
}
