/** The agent of the local cloud: for every task that ECS was asked for, a process, as Fargate would run a container. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, ListTasksCommand, type TaskDefinition } from '@aws-sdk/client-ecs';
import { LIMITS } from '@mip/registry';
import type { EmulatorConnection } from './environment.ts';
import { killLeftovers, rememberProcesses } from './leftovers.ts';
import { SecretReader } from './secrets.ts';
import { startProcess, type WorkerProcess } from './task-process.ts';
import { type Action, decide, isWanted, type Task, type TaskProcess } from './tasks.ts';

export interface AgentOptions {
  /** The repository: its Python environment runs the tasks. */
  readonly root: string;
  readonly home: string;
  readonly connection: EmulatorConnection;
  readonly cluster: string;
  readonly log: (line: string) => void;
}

/** A running agent. */
export interface Agent {
  /** The processes as they are now. */
  status(): readonly TaskProcess[];
  /** Ends every process: SIGTERM, and SIGKILL after its stop timeout. */
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 1000;

/** Kills what an agent that died left behind, then keeps processes and tasks in step until it is stopped. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  await killLeftovers(options.home);
  const agent = new TaskAgent(options);
  await agent.look();
  const stopped = new AbortController();
  const loop = agent.run(stopped.signal);
  return {
    status: () => agent.status(),
    stop: async () => {
      stopped.abort();
      await loop;
      await agent.stopAll();
    },
  };
}

class TaskAgent {
  readonly #options: AgentOptions;
  readonly #ecs: ECSClient;
  readonly #secrets: SecretReader;
  readonly #definitions = new Map<string, TaskDefinition>();
  readonly #processes = new Map<string, { process: WorkerProcess; failures: number }>();
  #complaint = '';

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#ecs = new ECSClient(options.connection);
    this.#secrets = new SecretReader(options.connection);
  }

  status(): readonly TaskProcess[] {
    return [...this.#processes].map(([arn, { process, failures }]) => ({ arn, failures, ...process.state() }));
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.look();
    }
  }

  /** One look at the cluster. A fault is told once and tried again at the next look. */
  async look(): Promise<void> {
    try {
      for (const action of decide(await this.#tasks(), this.status(), Date.now())) await this.#act(action);
      this.#complaint = '';
    } catch (error) {
      const complaint = error instanceof Error ? error.message : String(error);
      if (complaint !== this.#complaint) this.#options.log(`agent: ${complaint}`);
      this.#complaint = complaint;
    }
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#processes.values()].map(({ process }) => process.stop()));
    this.#processes.clear();
    await this.#remember();
  }

  async #act(action: Action): Promise<void> {
    if (action.do === 'start') {
      const process = await startProcess({
        ...this.#options,
        task: action.task.arn,
        definition: await this.#definition(action.task.taskDefinition),
        secrets: this.#secrets,
      });
      this.#processes.set(action.task.arn, { process, failures: action.failures });
      if (action.failures) this.#options.log(`agent: restarted ${action.task.arn.split('/').at(-1)}, which ended`);
    } else {
      const stopping = this.#processes.get(action.arn);
      this.#processes.delete(action.arn);
      // Not waited for: a task that finishes its job must not hold up the others.
      void stopping?.process.stop();
    }
    await this.#remember();
  }

  #remember(): Promise<void> {
    return rememberProcesses(
      this.#options.home,
      [...this.#processes.values()].flatMap(({ process }) => (process.pid ? [process.pid] : [])),
    );
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
        const { taskArn, taskDefinitionArn } = task;
        if (taskArn && taskDefinitionArn && isWanted(task)) tasks.push({ arn: taskArn, taskDefinition: taskDefinitionArn });
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
