/** What the agent does about a task and its process. Pure. */

/** A task that ECS wants to run. */
export interface Task {
  readonly arn: string;
  readonly taskDefinition: string;
  /** `service:<name>` of a service's task; any other task is to run once. */
  readonly group?: string | undefined;
  /** What `RunTask` asked for instead of what the definition says, by the container's name. */
  readonly overrides?: readonly ContainerOverride[];
}

/** The part of ECS's own type that can be honoured. */
export interface ContainerOverride {
  readonly name?: string | undefined;
  readonly command?: readonly string[] | undefined;
  readonly environment?: readonly { readonly name?: string | undefined; readonly value?: string | undefined }[] | undefined;
}

/** Whether a task is to have a process. After a restart the emulator still lists tasks that stopped with it, as desired RUNNING. */
export function isWanted(task: { readonly lastStatus?: string | undefined; readonly desiredStatus?: string | undefined }): boolean {
  return task.lastStatus !== 'STOPPED' && task.desiredStatus !== 'STOPPED';
}

/** A process for a task. Times are milliseconds of one clock. */
export interface TaskProcess {
  readonly arn: string;
  /** `ended` also when it could not be started. */
  readonly state: 'starting' | 'running' | 'stopping' | 'ended';
  readonly startedAt: number;
  readonly endedAt?: number;
  /** It has asked not to be ended: it works. */
  readonly protected?: boolean;
  /** Ends in a row that came before the process had run for long. */
  readonly failures: number;
}

export type Action =
  | { readonly do: 'start'; readonly task: Task; readonly failures: number }
  | { readonly do: 'stop' | 'forget' | 'report'; readonly arn: string };

const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 30_000;
/** A process that ran this long was well: its next end counts as the first. */
const HEALTHY_MS = 60_000;

/** Whether a service keeps the task running. */
export function isOfService({ group }: Task): boolean {
  return group?.startsWith('service:') ?? false;
}

/**
 * Starts what has no process, stops what ECS wants no longer. What ended is started again after a back-off where it is a service's, as the
 * service would have another task; of any other task ECS is told that it has ended.
 */
export function decide(tasks: readonly Task[], processes: readonly TaskProcess[], now: number): readonly Action[] {
  const wanted = new Set(tasks.map(({ arn }) => arn));
  const byArn = new Map(processes.map((process) => [process.arn, process]));
  const unwanted = processes.filter(({ arn }) => !wanted.has(arn)).flatMap(decideUnwanted);
  return [...unwanted, ...tasks.flatMap((task) => decideTask(task, byArn.get(task.arn), now))];
}

/** One that is protected ends when it no longer is: ECS would have chosen another, or waited. */
function decideUnwanted({ arn, state, protected: held = false }: TaskProcess): readonly Action[] {
  if (state === 'stopping' || (state === 'running' && held)) return [];
  return [{ do: state === 'ended' ? 'forget' : 'stop', arn }];
}

function decideTask(task: Task, process: TaskProcess | undefined, now: number): readonly Action[] {
  if (!process) return [{ do: 'start', task, failures: 0 }];
  if (process.state !== 'ended' || process.endedAt === undefined) return [];
  if (!isOfService(task)) return [{ do: 'report', arn: task.arn }];
  const failures = process.endedAt - process.startedAt >= HEALTHY_MS ? 1 : process.failures + 1;
  return now - process.endedAt >= backoff(failures) ? [{ do: 'start', task, failures }] : [];
}

/** 1 s after the first end, doubling, at most 30 s. */
export function backoff(failures: number): number {
  return Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), LONGEST_BACKOFF_MS);
}
