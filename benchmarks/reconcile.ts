/** How fast a catalog is checked and planned, beside others, as whole processes, cold; and what an apply costs in calls and time. */
import { applyRows } from './apply.ts';
import { planRows } from './plan-rows.ts';
import type { Row } from './row.ts';
import { validateRows } from './validate-rows.ts';

const COUNTS = [1000, 10_000];

export async function run(log: (line: string) => void): Promise<readonly Row[]> {
  const rows: Row[] = COUNTS.flatMap((count) => validateRows(count, log));
  for (const count of COUNTS) rows.push(...(await planRows(count, log)));
  return [...rows, ...(await applyRows(log))];
}
