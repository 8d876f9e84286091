/** The agent of the local cloud: for every task that ECS was asked for, a process, as Fargate would run a container. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  StopTaskCommand,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
import { LIMITS } from '@mip/registry';
import { CircuitBreaker, hasStarted } from './breaker.ts';
import type { Engine } from './container-engine.ts';
import { ecsClient } from './ecs-client.ts';
import type { Running } from './ecs-front.ts';
import type { EmulatorConnection } from './environment.ts';
import { killLeftovers, rememberProcesses, removeContainers } from './leftovers.ts';
import { SecretReader } from './secrets.ts';
import { containerLaunchOf } from './task-container.ts';
import { TaskLogs } from './task-logs.ts';
import { launchOf } from './task-process.ts';
import { TaskProtection } from './task-protection.ts';
import { type Action, decide, isOfService, isWanted, type Task, type TaskProcess } from './tasks.ts';
import type { TaskSize } from './usage.ts';
import { type End, WorkerProcess } from './worker-process.ts';

export interface AgentOptions {
  /** The repository: its Python environment runs the tasks. */
  readonly root: string;
  readonly home: string;
  readonly connection: EmulatorConnection;
  readonly cluster: string;
  /** What runs the tasks in containers; without it they are processes of this machine. */
  readonly engine?: Engine | undefined;
  /** Families whose images were packed here, so their tasks are processes in any case. */
  readonly packed?: readonly string[];
  /** Values in place of those that task definitions have for these variables. */
  readonly replaced?: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** A running agent. */
export interface Agent extends Running {
  /** The processes as they are now. */
  status(): readonly TaskProcess[];
  /** The processes of tasks of services that run now, and what each was given. */
  sizes(): readonly TaskSize[];
  /** The ports of the tasks of a family that run now. */
  ports(family: string): readonly number[];
  /** Ends every process: SIGTERM, and SIGKILL after its stop timeout. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 1000;
/** Ends that are remembered: ECS itself forgets a task that stopped within the hour. */
const ENDS_KEPT = 1000;

/** Kills what an agent that died left behind, then keeps processes and tasks in step until it is stopped. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  await killLeftovers(options.home);
  if (options.engine) await removeContainers(options.engine, options.home);
  const protection = await TaskProtection.open();
  const agent = new TaskAgent(options, protection);
  await agent.look();
  const stopped = new AbortController();
  const loop = agent.run(stopped.signal);
  return {
    status: () => agent.status(),
    inGroup: (group) => agent.inGroup(group),
    started: (group, taskDefinition) => agent.started(group, taskDefinition),
    isRunning: (task) => agent.isRunning(task),
    endOf: (task) => agent.endOf(task),
    failed: (group) => agent.breaker.failed(group),
    begin: (group) => agent.breaker.reset(group),
    sizes: () => agent.sizes(),
    ports: (family) => agent.ports(family),
    stop: async () => {
      stopped.abort();
      await loop;
      await agent.stopAll();
      await protection.close();
    },
  };
}

class TaskAgent {
  readonly #options: AgentOptions;
  readonly #ecs: ECSClient;
  readonly #secrets: SecretReader;
  readonly #logs: TaskLogs;
  readonly #protection: TaskProtection;
  readonly #definitions = new Map<string, TaskDefinition>();
  readonly #processes = new Map<string, { readonly task: Task; readonly process: WorkerProcess; readonly failures: number }>();
  /** Why a task last could not be started. */
  readonly #faults = new Map<string, string>();
  /** How tasks ended that run once. */
  readonly #ends = new Map<string, End>();
  readonly breaker: CircuitBreaker;
  #complaint = '';
  #remembered: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions, protection: TaskProtection) {
    this.#options = options;
    this.#protection = protection;
    this.#ecs = ecsClient(options.connection);
    this.breaker = new CircuitBreaker(this.#ecs, options.cluster, options.log);
    this.#secrets = new SecretReader(options.connection);
    this.#logs = new TaskLogs(options.connection);
  }

  status(): readonly TaskProcess[] {
    return [...this.#processes].map(([arn, { process, failures }]) => ({
      arn,
      failures,
      protected: this.#protection.holds(arn),
      ...process.status(),
    }));
  }

  ports(family: string): readonly number[] {
    return [...this.#processes.values()].flatMap(({ task, process }) => (familyOf(task) === family ? (process.port ?? []) : []));
  }

  sizes(): readonly TaskSize[] {
    return [...this.#processes.values()].flatMap(({ task, process }) => {
      const { cpu, memory } = this.#definitions.get(task.taskDefinition) ?? {};
      const service = task.group?.replace(/^service:/, '');
      return process.pid !== undefined && service !== undefined
        ? [{ service, pid: process.pid, cpu: Number(cpu), memory: Number(memory) }]
        : [];
    });
  }

  inGroup(wanted: string): number {
    return [...this.#processes.values()].filter(({ process, task }) => task.group === wanted && process.status().state === 'running')
      .length;
  }

  started(wanted: string, taskDefinition: string): number {
    const now = Date.now();
    return [...this.#processes.values()].filter(
      ({ process, task }) =>
        task.group === wanted && task.taskDefinition === taskDefinition && hasStarted({ ...process.status(), failures: 0 }, now),
    ).length;
  }

  isRunning(task: string): boolean {
    return this.#processes.get(task)?.process.status().state === 'running';
  }

  endOf(task: string): End | undefined {
    return this.#ends.get(task);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.look();
    }
  }

  /** One look at the cluster; it waits for no start and no stop. A fault is told once and tried again at the next look. */
  async look(): Promise<void> {
    this.#logs.ship();
    try {
      for (const action of decide(await this.#tasks(), this.status(), Date.now())) this.#act(action);
      await this.breaker.look(this.#serviceTasks(), Date.now());
      this.#complaint = '';
    } catch (error) {
      const complaint = error instanceof Error ? error.message : String(error);
      if (complaint !== this.#complaint) this.#options.log(`agent: ${complaint}`);
      this.#complaint = complaint;
    }
  }

  /** Ends what starts, runs or is being stopped already. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#processes.values()].map(({ process }) => process.stop()));
    this.#processes.clear();
    await Promise.all([this.#remember(), this.#logs.end()]);
  }

  #act(action: Action): void {
    if (action.do === 'start') this.#start(action.task, action.failures);
    // Not waited for: a task that finishes its job must not hold up the others.
    else if (action.do === 'stop') void this.#processes.get(action.arn)?.process.stop();
    else if (action.do === 'report') void this.#report(action.arn);
    else this.#forget(action.arn);
  }

  #start(task: Task, failures: number): void {
    const prepare = async () => {
      const definition = await this.#definition(task.taskDefinition);
      const given = { replaced: this.#options.replaced ?? {}, agentUri: this.#protection.uriOf(task.arn), secrets: this.#secrets };
      const order = { ...this.#options, ...given, task, definition };
      const { engine, packed = [] } = this.#options;
      const launch = engine && !packed.includes(familyOf(task) ?? '') ? await containerLaunchOf(order, engine) : await launchOf(order);
      await this.#logs.add(task.arn, launch);
      return launch;
    };
    const process = new WorkerProcess(prepare, () => void this.#remember());
    this.#processes.set(task.arn, { task, process, failures });
    void process.ended.then((end) => {
      if (!isOfService(task)) this.#keepEnd(task.arn, end);
      this.#tell(task, end);
    });
  }

  /** What fails is tried at the next look. */
  async #report(arn: string): Promise<void> {
    const { cluster } = this.#options;
    await this.#ecs.send(new StopTaskCommand({ cluster, task: arn, reason: 'Essential container in task exited' })).catch(() => undefined);
  }

  #serviceTasks() {
    return [...this.#processes.values()]
      .filter(({ task }) => isOfService(task))
      .map(({ task, process, failures }) => ({ task, process: { ...process.status(), failures } }));
  }

  #forget(arn: string): void {
    this.#processes.delete(arn);
    this.#logs.remove(arn);
    this.#faults.delete(arn);
    this.#protection.forget(arn);
  }

  #keepEnd(arn: string, end: End): void {
    this.#ends.set(arn, end);
    for (const oldest of [...this.#ends.keys()].slice(0, Math.max(0, this.#ends.size - ENDS_KEPT))) this.#ends.delete(oldest);
  }

  /** Says how a process ended that nobody stopped; the same fault of a task only once. */
  #tell(task: Task, end: End): void {
    if (end.by === 'stopped' || (end.by === 'itself' && end.code === 0 && !isOfService(task))) return;
    const name = `${task.taskDefinition.split('/').at(-1)} (task ${task.arn.split('/').at(-1)})`;
    if (end.by === 'itself') this.#options.log(`agent: ${name} ended with ${end.signal ?? `code ${end.code}`}`);
    else if (this.#faults.get(task.arn) !== end.fault.message) this.#options.log(`agent: ${name} cannot be started: ${end.fault.message}`);
    if (end.by === 'fault') this.#faults.set(task.arn, end.fault.message);
    else this.#faults.delete(task.arn);
  }

  /** Writes down what runs, one write after the other: a start and an end may come together. */
  #remember(): Promise<void> {
    this.#remembered = this.#remembered
      .then(() => rememberProcesses(this.#options.home, this.#pids()))
      .catch((error: Error) => this.#options.log(`agent: cannot write down its processes: ${error.message}`));
    return this.#remembered;
  }

  #pids(): readonly number[] {
    return [...this.#processes.values()].flatMap(({ process }) => process.pid ?? []);
  }

  async #tasks(): Promise<readonly Task[]> {
    const { cluster } = this.#options;
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.#ecs.send(new ListTasksCommand({ cluster, desiredStatus: 'RUNNING', nextToken }));
      arns.push(...(page.taskArns ?? []));
      nextToken = page.nextToken;
    } while (nextToken);
    const tasks: Task[] = [];
    for (let at = 0; at < arns.length; at += LIMITS.ecs.describeTasks) {
      const page = await this.#ecs.send(new DescribeTasksCommand({ cluster, tasks: arns.slice(at, at + LIMITS.ecs.describeTasks) }));
      for (const task of page.tasks ?? []) {
        const { taskArn: arn, taskDefinitionArn: taskDefinition, group, overrides } = task;
        if (arn && taskDefinition && isWanted(task))
          tasks.push({ arn, taskDefinition, group, overrides: overrides?.containerOverrides ?? [] });
      }
    }
    return tasks;
  }

  /** A revision never changes, so it is read once. */
  async #definition(arn: string): Promise<TaskDefinition> {
    const known = this.#definitions.get(arn);
    if (known) return known;
    const { taskDefinition } = await this.#ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: arn }));
    if (!taskDefinition) throw new Error(`there is no task definition ${arn}`);
    this.#definitions.set(arn, taskDefinition);
    return taskDefinition;
  }
}

/** Of `arn:…:task-definition/family:revision`. */
function familyOf({ taskDefinition }: Task): string | undefined {
  return taskDefinition.split('/').at(-1)?.split(':')[0];
}
