/**
 * ECS's deployment circuit breaker: a revision whose tasks of a service end again and again goes back to the one that ran before. The
 * emulator has none without a container engine, because it never hears that a process ended.
 */
import { DescribeServicesCommand, type ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import type { Task, TaskProcess } from './tasks.ts';

/** A task of a service and the process that runs for it. */
export interface ServiceTask {
  readonly task: Task;
  readonly process: Pick<TaskProcess, 'state' | 'startedAt' | 'failures'>;
}

/** The revision of a service that was given up. */
export interface FailedRevision {
  readonly taskDefinition: string;
  readonly failedTasks: number;
}

/** Ends in a row after which a revision is given up: ECS's own least. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html */
const THRESHOLD = 3;
/** A process that runs for this long counts as started: what cannot be loaded ends sooner. */
const STARTED_MS = 2000;

/** Whether the process runs, and has not just begun to. */
export function hasStarted({ state, startedAt }: ServiceTask['process'], now: number): boolean {
  return state === 'running' && now - startedAt >= STARTED_MS;
}

export class CircuitBreaker {
  readonly #ecs: ECSClient;
  readonly #cluster: string;
  readonly #log: (line: string) => void;
  /** The last revision of each group of which a task has started. */
  readonly #good = new Map<string, string>();
  readonly #failed = new Map<string, FailedRevision>();

  constructor(ecs: ECSClient, cluster: string, log: (line: string) => void) {
    this.#ecs = ecs;
    this.#cluster = cluster;
    this.#log = log;
  }

  failed(group: string): FailedRevision | undefined {
    return this.#failed.get(group);
  }

  /** A deployment of the service begins: what came of an earlier one counts no more. */
  reset(group: string): void {
    this.#failed.delete(group);
  }

  /** One look at all tasks of services. */
  async look(tasks: readonly ServiceTask[], now: number): Promise<void> {
    for (const { task, process } of tasks) if (task.group && hasStarted(process, now)) this.#good.set(task.group, task.taskDefinition);
    for (const [group, { taskDefinition, failedTasks }] of failing(tasks)) {
      if (this.#good.get(group) === taskDefinition || this.#failed.get(group)?.taskDefinition === taskDefinition) continue;
      await this.#open(group, { taskDefinition, failedTasks });
    }
  }

  async #open(group: string, failed: FailedRevision): Promise<void> {
    const service = group.slice('service:'.length);
    const { services = [] } = await this.#ecs.send(new DescribeServicesCommand({ cluster: this.#cluster, services: [service] }));
    const { taskDefinition, deploymentConfiguration } = services[0] ?? {};
    const { enable, rollback } = deploymentConfiguration?.deploymentCircuitBreaker ?? {};
    if (taskDefinition !== failed.taskDefinition || !enable) return;
    this.#failed.set(group, failed);
    const before = this.#good.get(group);
    this.#log(`agent: ${service}: the circuit breaker gave up ${failed.taskDefinition.split('/').at(-1)}`);
    if (!rollback || before === undefined) return;
    await this.#ecs.send(new UpdateServiceCommand({ cluster: this.#cluster, service, taskDefinition: before }));
  }
}

/** The revisions whose tasks have ended so often, by their groups. */
function failing(tasks: readonly ServiceTask[]): ReadonlyMap<string, FailedRevision> {
  const found = new Map<string, FailedRevision>();
  for (const { task, process } of tasks) {
    const { group, taskDefinition } = task;
    if (group && process.failures >= THRESHOLD) found.set(group, { taskDefinition, failedTasks: process.failures });
  }
  return found;
}
