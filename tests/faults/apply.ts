/** One apply as a process of its own, to be killed or paused: its only argument is the order, as JSON. */
import { applyOrder } from './stories.ts';

const report = await applyOrder(JSON.parse(process.argv[2] ?? ''));
process.stdout.write(JSON.stringify({ ok: report.ok, reasons: report.outcomes.map(({ result, reason }) => `${result} ${reason}`) }));
process.exit(report.ok ? 0 : 1);
