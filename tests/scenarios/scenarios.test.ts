/**
 * Golden scenarios (see README.md): the plan of each is held against the one that was written by hand, and what every renderer makes of it
 * against a file that somebody has read. `npx vitest run tests/scenarios --update` writes those files anew.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import {
  annotatePlan,
  annotateProblems,
  annotateReport,
  apply,
  markdownPlan,
  markdownReport,
  type Plan,
  plan,
  type Report,
  renderPlan,
  renderReport,
} from '@mip/reconcile';
import { runOptions } from '@mip/reconcile/testing/fixtures';
import type { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import type { Call } from '@mip/reconcile/testing/world';
import { describe, expect, it } from 'vitest';
import { arrange } from './arrange.ts';
import { catalogOf, type Expected, type ExpectedReport, inputOf, type Observed, pathOf, read } from './scenario.ts';

const FOLDERS = readdirSync(import.meta.dirname, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const FAILING = FOLDERS.filter((folder) => existsSync(pathOf(folder, 'report.json')));

interface Scenario {
  readonly aws: MemoryAws;
  readonly observed: Observed;
  readonly catalog: ReturnType<typeof catalogOf>;
  readonly replan: () => ReturnType<typeof plan>;
}

async function begin(folder: string): Promise<Scenario> {
  const observed = read<Observed>(folder, 'observed.yaml');
  const catalog = catalogOf(folder);
  const aws = await arrange(catalog, observed);
  return { aws, observed, catalog, replan: () => plan(aws, inputOf(catalog, observed), observed.look) };
}

/** As `plan.json` is written: fields only of updates, and no hash that nobody can compute by hand. */
function readable({ changes, refusals }: Plan): Pick<Expected, 'changes' | 'refusals'> {
  const shown = changes.map(({ fields, ...change }) => (change.action === 'update' ? { ...change, fields } : change));
  return JSON.parse(unhashed(JSON.stringify({ changes: shown, refusals })));
}

/** Neither is how many calls a run takes the business of a scenario. */
function unhashed(text: string): string {
  return text.replaceAll(/sha256:[0-9a-f]{12,64}…?/g, 'sha256:…').replace(/\d+ AWS calls/, '… AWS calls');
}

/** As a file that ends with a new line. */
async function expectFile(folder: string, file: string, text: string): Promise<void> {
  await expect(`${unhashed(text)}\n`).toMatchFileSnapshot(pathOf(folder, file));
}

it('are all told in README.md, in their order', () => {
  const told = [...readFileSync(pathOf('.', 'README.md'), 'utf8').matchAll(/^\| \[([^\]]+)\]\(\1\) \| \S/gm)].map(([, folder]) => folder);
  expect(told).toEqual(FOLDERS);
});

describe.each(FOLDERS)('scenario %s', (folder) => {
  it('has the plan that was written for it', async () => {
    const { catalog, replan } = await begin(folder);
    const { plan: made, dangers } = await replan();
    const problems = catalog.problems.length > 0 && { problems: catalog.problems };
    expect({ ...problems, dangers, ...readable(made) }).toEqual(read<Expected>(folder, 'plan.json'));
  });

  it('reads as it was read', async () => {
    const { catalog, replan } = await begin(folder);
    const prepared = await replan();
    await expectFile(folder, 'plan.md', markdownPlan(prepared));
    await expectFile(folder, 'plan.txt', renderPlan(prepared, { colour: false }));
    const annotations = [...annotateProblems(catalog.problems), ...annotatePlan(prepared)];
    await expectFile(folder, 'annotations.json', JSON.stringify(annotations, null, 2));
  });

  it('is in sync once its plan was applied', async () => {
    const { aws, replan } = await begin(folder);
    const prepared = await replan();
    if (prepared.dangers.length > 0) return;
    let report = await apply(aws, prepared, runOptions(aws));
    // What drains goes later, and after it the task role need not reach it any more.
    while (report.outcomes.some(({ result, action }) => result === 'waiting' || action === 'delete')) {
      aws.world.now += 60_000;
      report = await apply(aws, await replan(), runOptions(aws));
    }
    const again = await replan();
    expect(again.plan.changes).toEqual([]);
    expect(again.plan.refusals).toEqual(prepared.plan.refusals);
  });
});

describe.each(FAILING)('scenario %s, when something fails', (folder) => {
  it('has the report that was written for it, which reads as it was read, and the next run finishes', async () => {
    const { aws, observed, replan } = await begin(folder);
    const prepared = await replan();
    aws.world.fail = failureOf(observed);
    for (const [version, does] of Object.entries(observed.versions ?? {})) aws.fleet.does.set(version, does);
    const report = await apply(aws, prepared, runOptions(aws));
    aws.world.restart();
    aws.fleet.does.clear();
    const retry = await replan();
    const expected = read<ExpectedReport>(folder, 'report.json');
    expect(toldBy(report, retry.plan)).toEqual(expected);
    await expectFile(folder, 'report.md', markdownReport(report));
    await expectFile(folder, 'report.txt', renderReport(report, { colour: false }));
    await expectFile(folder, 'report.annotations.json', JSON.stringify(annotateReport(report), null, 2));
    expect((await apply(aws, retry, runOptions(aws))).ok).toBe(true);
    expect((await replan()).plan.changes).toEqual([]);
  });
});

function failureOf({ fails }: Observed): (call: Call) => Error | undefined {
  return ({ service, operation, input }) =>
    `${service}:${operation}` === fails?.call && Object.values(input as object).includes(fails.of)
      ? Object.assign(new Error(fails.message), { name: fails.error })
      : undefined;
}

/** As `report.json` is written. */
function toldBy({ ok, outcomes }: Report, { changes }: Plan): ExpectedReport {
  const untold = outcomes.filter(({ result }) => result !== 'done');
  return { ok, outcomes: untold, retry: changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`) };
}
