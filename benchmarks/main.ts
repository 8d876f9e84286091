/** `npm run bench -- NAME [--json]`: runs one benchmark, prints its table, and with `--json` one array as the last line. */
import Table from 'cli-table3';
import type { Row } from './row.ts';

const BENCHMARKS: Readonly<Record<string, () => Promise<{ run(log: (line: string) => void): Promise<readonly Row[]> }>>> = {
  'end-to-end': () => import('./end-to-end.ts'),
  reconcile: () => import('./reconcile.ts'),
  actions: () => import('./actions.ts'),
  api: () => import('./api.ts'),
};

const [name = '', ...options] = process.argv.slice(2);
const load = BENCHMARKS[name];
if (!load) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(BENCHMARKS).join('|')} [--json]\n`);
  process.exit(2);
}

const { run } = await load();
const rows = await run((line) => process.stderr.write(`${line}\n`));
const table = new Table({ head: ['case', 'unit', 'MIP', 'peer', 'peer name', 'ratio', 'goal', 'holds'], style: { head: [], border: [] } });
const show = (value: number | null) => (value === null ? '–' : String(Number(value.toPrecision(3))));
for (const row of rows)
  table.push([row.case, row.unit, show(row.mip), show(row.peer), row.peer_name, show(row.ratio), show(row.goal), String(row.holds)]);
process.stdout.write(`${table}\n`);
if (options.includes('--json')) process.stdout.write(`${JSON.stringify(rows)}\n`);
process.exitCode = rows.every((row) => row.holds !== false) ? 0 : 1;
