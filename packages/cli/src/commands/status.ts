import { pinWords } from '@mip/reconcile/pin-words';
import { type AlgorithmStatus, algorithmsOf, type LineStatus, readStatus } from '@mip/reconcile/status';
import type { Command } from 'commander';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { observeRegions } from '../observing.ts';
import { show, worst } from '../regions.ts';
import { table } from '../tables.ts';

/** `mip status [NAME]`: registry, tasks and queues of each algorithm side by side. Exit code 1 when NAME is not there. */
export function add(program: Command, context: Context): void {
  program
    .command('status')
    .description('how the algorithms are doing: registry, tasks, queues, what drains; exit code 1 when a named one is not there')
    .argument('[name]', 'one algorithm, in full')
    .action(async (name: string | undefined) => {
      const global = program.opts<GlobalOptions>();
      const seen = await observeRegions(context, global, async ({ aws, owner }) =>
        readStatus(aws, owner, name === undefined ? await algorithmsOf(aws, owner) : [name], new Date()),
      );
      show(context, global.json, seen, {
        json: (algorithms) => ({ algorithms }),
        render: (algorithms) => (name === undefined ? tableOf(algorithms) : algorithms.map(inFull).join('\n')),
      });
      process.exitCode = worst(seen, (algorithms) => (algorithms.some(({ state }) => state === 'absent') ? EXIT.failed : EXIT.done));
    });
}

function tableOf(algorithms: readonly AlgorithmStatus[]): string {
  if (algorithms.length === 0) return 'Nothing is published, runs or drains: `mip apply` makes the platform what the catalog says.';
  const cells = algorithms.flatMap((one) => [cellsOf(one), ...(one.lines ?? []).map(lineCells)]);
  return table(['algorithm', 'version', 'state', 'tasks', 'waiting', 'running', 'dead', ''], cells);
}

function cellsOf(one: AlgorithmStatus): readonly string[] {
  return [
    one.algorithm,
    one.entry?.version ?? '–',
    one.state,
    tasksWords(one),
    String(one.requests?.waiting ?? '–'),
    String(one.requests?.in_flight ?? '–'),
    String(one.dead_letters ?? '–'),
    remarkOf(one),
  ];
}

function lineCells(one: LineStatus): readonly string[] {
  return [
    `  ${one.line}`,
    one.version ?? '–',
    one.drain ? 'draining' : 'served',
    tasksWords(one),
    String(one.requests?.waiting ?? '–'),
    String(one.requests?.in_flight ?? '–'),
    String(one.dead_letters ?? '–'),
    lineRemark(one),
  ];
}

function lineRemark({ drain, weight, deprecated_at }: LineStatus): string {
  if (drain) return `waits for ${drain.waits_for}`;
  return [weight && `${weight} % of its major`, deprecated_at && `deprecated since ${deprecated_at}`].filter(Boolean).join('; ');
}

function tasksWords({ tasks }: Pick<AlgorithmStatus, 'tasks'>): string {
  return tasks ? `${tasks.running} of ${tasks.desired}` : '–';
}

function remarkOf({ entry, drain }: AlgorithmStatus): string {
  const override = entry?.scale_override;
  if (drain) return `waits for ${drain.waits_for}`;
  return [entry?.reason, override && `${override.count} tasks until ${override.until}`, entry?.pin && pinWords(entry.pin)]
    .filter(Boolean)
    .join('; ');
}

/** Every line has a name and a value, so that people and scripts find what they look for. */
function inFull(one: AlgorithmStatus): string {
  const { entry, tasks, requests, drain } = one;
  const override = entry?.scale_override;
  const rows: [string, string | undefined][] = [
    ['algorithm', one.algorithm],
    ['state', one.state === 'absent' ? 'absent: nothing of that name is published, runs or drains' : one.state],
    ['version', entry?.version],
    ['reason', entry?.reason],
    ['image', entry?.image_uri],
    ['tasks', tasks && `${tasks.running} of ${tasks.desired} run, ${tasks.pending} start; rollout ${tasks.rollout}`],
    ['set by hand', override && `${override.count} tasks until ${override.until}`],
    ['pin', entry?.pin && pinWords(entry.pin)],
    ['jobs', requests && `${requests.waiting} wait, ${requests.in_flight} are worked on`],
    ['dead letters', one.dead_letters === undefined ? undefined : String(one.dead_letters)],
    ['last apply', entry && `${entry.updated_at}, commit ${entry.commit_sha}`],
    ['drains', drain && `since ${drain.since}; waits for ${drain.waits_for}`],
    ...(one.lines ?? []).map((line): [string, string] => [line.line, lineWords(line)]),
  ];
  return table(
    ['', ''],
    rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  ).replace(/^\s*\n/, '');
}

function lineWords(line: LineStatus): string {
  const { version, tasks, requests, dead_letters, drain } = line;
  const parts = [
    version === undefined ? 'served no more' : `version ${version}`,
    tasks && `${tasks.running} of ${tasks.desired} tasks run`,
    requests && `${requests.waiting} jobs wait, ${requests.in_flight} are worked on`,
    dead_letters ? `${dead_letters} dead` : undefined,
    drain ? `since ${drain.since}` : undefined,
    lineRemark(line),
  ];
  return parts.filter(Boolean).join('; ');
}
