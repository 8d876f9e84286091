/** What the agent does about a task and its process. Pure. */

/** A task that ECS wants to run. */
export interface Task {
  readonly arn: string;
  readonly taskDefinition: string;
}

/** Whether a task is to have a process. After a restart the emulator still lists tasks that stopped with it, as desired RUNNING. */
export function isWanted(task: { readonly lastStatus?: string | undefined; readonly desiredStatus?: string | undefined }): boolean {
  return task.lastStatus !== 'STOPPED' && task.desiredStatus !== 'STOPPED';
}

/** A process for a task, running or ended. Times are milliseconds of one clock. */
export interface TaskProcess {
  readonly arn: string;
  readonly running: boolean;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Ends in a row that came before the process had run for long. */
  readonly failures: number;
}

export type Action =
  | { readonly do: 'start'; readonly task: Task; readonly failures: number }
  | { readonly do: 'stop' | 'forget'; readonly arn: string };

const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 30_000;
/** A process that ran this long was well: its next end counts as the first. */
const HEALTHY_MS = 60_000;

/** Starts what has no process, restarts what ended after a back-off, stops what ECS wants no longer. */
export function decide(tasks: readonly Task[], processes: readonly TaskProcess[], now: number): readonly Action[] {
  const wanted = new Set(tasks.map(({ arn }) => arn));
  const byArn = new Map(processes.map((process) => [process.arn, process]));
  const unwanted = processes
    .filter(({ arn }) => !wanted.has(arn))
    .map(({ arn, running }): Action => ({ do: running ? 'stop' : 'forget', arn }));
  return [...unwanted, ...tasks.flatMap((task) => decideTask(task, byArn.get(task.arn), now))];
}

function decideTask(task: Task, process: TaskProcess | undefined, now: number): readonly Action[] {
  if (!process) return [{ do: 'start', task, failures: 0 }];
  if (process.running || process.endedAt === undefined) return [];
  const failures = process.endedAt - process.startedAt >= HEALTHY_MS ? 1 : process.failures + 1;
  return now - process.endedAt >= backoff(failures) ? [{ do: 'start', task, failures }] : [];
}

/** 1 s after the first end, doubling, at most 30 s. */
export function backoff(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
}
