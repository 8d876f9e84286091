/** A fault of the catalog, at a place, with a sentence that says what to do. */

import { printable } from './printable.ts';

/** Error stops validation, plan and apply; warning is shown. */
export type Severity = 'error' | 'warning';

export interface Problem {
  /** Relative to the repository, with forward slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as editors and GitHub count. */
  readonly column: number;
  /** The JSON pointer of the value at fault; `''` is the whole file. */
  readonly pointer: string;
  readonly severity: Severity;
  /** `file`, `yaml`, `schema`, or the name of a rule. */
  readonly rule: string;
  readonly message: string;
}

/** Sorts by place, so that two runs report in the same order; ties are decided by the other fields. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    (a, b) =>
      compareText(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compareText(a.pointer, b.pointer) ||
      compareText(a.rule, b.rule) ||
      compareText(a.message, b.message),
  );
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** One line that can be printed: `catalog/algorithms/a.yaml:7:6 error /cpu: … (schema)`. */
export function renderProblem({ file, line, column, pointer, severity, rule, message }: Problem): string {
  return printable(`${file}:${line}:${column} ${severity}${pointer ? ` ${pointer}` : ''}: ${message} (${rule})`);
}

/** By code unit: the order may not depend on the machine's language. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
