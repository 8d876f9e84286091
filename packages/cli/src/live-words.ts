/** What a live catalog tells of a change, as lines for people. Pure; whatever the catalog or AWS says is made printable. */
import type { Problem } from '@mip/catalog';
import { printable } from '@mip/catalog/printable';
import { renderProblem } from '@mip/catalog/problem';
import type { Outcome, Prepared, Report } from '@mip/reconcile';
import { renderPlan } from '@mip/reconcile/report/terminal';

/** More faults, files or changes than this are counted: nobody reads ten thousand lines. */
const MOST = 20;
export const UNCHANGED = 'nothing was changed: what runs goes on running';

/** `10:31:05 catalog/algorithms/a.yaml changed`. @param paths below the catalog → whether the file is gone. */
export function headingOf(paths: ReadonlyMap<string, boolean>, now: Date): string {
  const entries = [...paths].filter(([path]) => path.endsWith('.yaml')); // beside them editors and programs have files of their own
  const files = (entries.length ? entries : [...paths]).map(
    ([path, gone]) => `catalog${path && `/${path}`} ${gone ? 'is gone' : 'changed'}`,
  );
  const [first = 'the catalog changed', ...others] = files;
  return printable(`${now.toTimeString().slice(0, 8)} ${first}${others.length ? ` and ${others.length} more` : ''}`);
}

export function faultLines(problems: readonly Problem[]): readonly string[] {
  const faults = problems.filter(({ severity }) => severity === 'error');
  if (faults.length === 0) return problems.slice(0, MOST).map(renderProblem);
  const shown = faults.slice(0, MOST).map(renderProblem);
  const more = faults.length - shown.length;
  return [...shown, ...(more > 0 ? [`and ${more} more faults: mip validate lists them all`] : []), UNCHANGED];
}

/** Why nothing is done, as the plan says it too. */
export function dangerLines({ dangers }: Pick<Prepared, 'dangers'>): readonly string[] {
  return dangers.map((danger) => printable(`! ${danger}`));
}

/** The plan in full where somebody could read it. */
export function planLines(prepared: Prepared, colour: boolean): readonly string[] {
  const lines = renderPlan(prepared, { colour }).split('\n');
  return prepared.plan.changes.length <= 5 * MOST ? lines : lines.slice(-1);
}

/** Of each algorithm: it is live, it is gone, or what keeps it. */
export function outcomeLines({ outcomes }: Pick<Report, 'outcomes'>): readonly string[] {
  const groups = [...Map.groupBy(outcomes, ({ algorithm }) => algorithm)];
  const lines = groups.slice(0, MOST).flatMap(([algorithm, own]) => sentencesOf(algorithm, own).map(printable));
  return groups.length <= MOST ? lines : [...lines, `and ${groups.length - MOST} more algorithms`];
}

function sentencesOf(algorithm: string, outcomes: readonly Outcome[]): readonly string[] {
  const goes = outcomes.some(({ kind, action }) => action === 'delete' && kind !== 'image-repository');
  const stuck = outcomes.find(({ result }) => result !== 'done');
  if (!stuck) return [`${algorithm} ${goes ? 'is gone' : 'is live'}`];
  if (stuck.result !== 'waiting')
    return [`${algorithm}: ${stuck.action} ${stuck.kind} ${stuck.name} ${stuck.result}: ${stuck.reason}; what ran before goes on`];
  const withdrawn = outcomes.some(({ kind, action, result }) => kind === 'registry-entry' && action === 'delete' && result === 'done');
  return [...(withdrawn ? [`${algorithm} is withdrawn: it takes no more jobs`] : []), `${algorithm} waits: ${stuck.reason}`];
}
