/** What the bundled actions weigh, how long they take to their first own line, and what `plan` adds to the engine. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { actionNames, type Bundle, bundleActions } from '../tools/bundles.ts';
import { actionPlanRows } from './action-plan.ts';
import { ROOT } from './catalog-of.ts';
import { measured } from './measured.ts';
import { bound, type Row } from './row.ts';
import { timesRow } from './validate-rows.ts';

/** The most times an empty script, and the most MB, for each action: those that neither plan nor apply do less. */
const LIGHT = { times: 7, size: 2 };
const HEAVY = { times: 10, size: 3 };
const LIMITS: Readonly<Record<string, typeof LIGHT>> = { validate: LIGHT, scale: LIGHT, approve: LIGHT };
const ROUNDS = 21;
const EMPTY = 'an empty script';

export async function run(log: (line: string) => void): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mip-bench-actions-'));
  try {
    log('bundling the actions');
    const bundles: Bundle[] = [];
    await bundleActions(ROOT, actionNames(ROOT), async (bundle) => {
      cpSync(bundle.folder, join(folder, bundle.name), { recursive: true });
      bundles.push({ ...bundle, folder: join(folder, bundle.name) });
    });
    bundles.sort((a, b) => a.name.localeCompare(b.name));
    writeFileSync(join(folder, 'empty.mjs'), '');
    const light = bundles.flatMap((bundle) => [sizeRow(bundle), coldStart(bundle, join(folder, 'empty.mjs'), log)]);
    return [...light, ...(await actionPlanRows(join(folder, 'plan', 'index.js'), log))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sizeRow({ name, size }: Bundle): Row {
  return bound(`size of ${name}`, 'MB', size / 1e6, (LIMITS[name] ?? HEAVY).size);
}

/** In turns with the empty script, so that the machine's noise hits both alike. */
function coldStart({ name, folder }: Bundle, empty: string, log: (line: string) => void): Row {
  const own: number[] = [];
  const other: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    own.push(failingAtOnce(join(folder, 'index.js')));
    other.push(measured([process.execPath, empty], { environment: { PATH: '' } }).ms);
  }
  const { times } = LIMITS[name] ?? HEAVY;
  const row = timesRow(`cold start of ${name}, to its first own line`, { name: EMPTY, goal: 1 / times }, own, other);
  log(`${name}: ${row.mip.toFixed(0)} ms, ${(1 / (row.ratio ?? 1)).toFixed(1)} times ${EMPTY}`);
  return row;
}

/** Milliseconds of a whole run that ends at the first input: its first own line is what it says of that. */
function failingAtOnce(script: string): number {
  const environment = { PATH: '', INPUT_PATH: '../..', GITHUB_REPOSITORY: 'octo/catalog', GITHUB_WORKSPACE: tmpdir() };
  const { ms, output } = measured([process.execPath, script], { accepted: [1], environment });
  if (!output.includes('::error::')) throw new Error(`${script} says nothing of its own: ${output}`);
  return ms;
}
