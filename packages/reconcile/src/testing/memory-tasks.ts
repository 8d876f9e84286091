/** ECS's single tasks in memory, as `RunTask` starts them; a fleet plays what is in them. */

import {
  ClientException,
  type DescribeTasksCommandInput,
  InvalidParameterException,
  type ListTasksCommandInput,
  type RunTaskCommandInput,
  type StopTaskCommandInput,
} from '@aws-sdk/client-ecs';
import { lowerTags, tagRecord } from '../aws/tags.ts';
import { type Operations, pageOf, refuse, type World } from './world.ts';

export interface MemoryTask {
  readonly taskArn: string;
  readonly taskDefinitionArn: string;
  readonly startedBy: string;
  readonly group: string;
  readonly token: string;
  /** Of its container, the overrides put over what the revision says. */
  readonly environment: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  lastStatus: 'RUNNING' | 'STOPPED';
  /** Milliseconds since 1970. */
  readonly since: number;
  stoppedReason?: string;
  container: { readonly exitCode?: number; readonly reason?: string };
}

/** What a task needs of the revision that it runs; undefined where none is active under that ARN. */
export type Registered = (
  taskDefinition: string,
) => { readonly container: string; readonly environment: Readonly<Record<string, string>> } | undefined;

export class MemoryTasks {
  readonly all = new Map<string, MemoryTask>();
  /** Lets the tasks do what they do, each time somebody looks at one. */
  play: (running: readonly MemoryTask[]) => void = () => {};
  readonly #world: World;
  readonly #registered: Registered;

  constructor(world: World, registered: Registered) {
    this.#world = world;
    this.#registered = registered;
  }

  get running(): readonly MemoryTask[] {
    return [...this.all.values()].filter(({ lastStatus }) => lastStatus === 'RUNNING');
  }

  readonly operations: Operations = {
    RunTask: (input: RunTaskCommandInput) => {
      const again = [...this.all.values()].find(({ token }) => token !== '' && token === input.clientToken);
      const task = again ?? this.#start(input);
      return { tasks: [view(task)], failures: [] };
    },
    DescribeTasks: ({ tasks = [] }: DescribeTasksCommandInput) => {
      this.play(this.running);
      const missing = tasks.filter((arn) => !this.all.has(arn)).map((arn) => ({ arn, reason: 'MISSING' }));
      return { tasks: tasks.flatMap((arn) => this.all.get(arn) ?? []).map(view), failures: missing };
    },
    ListTasks: ({ startedBy, maxResults = 100, nextToken }: ListTasksCommandInput) => {
      const matching = this.running.filter((task) => startedBy === undefined || task.startedBy === startedBy);
      const { page, next } = pageOf(matching, maxResults, nextToken);
      return { taskArns: page.map(({ taskArn }) => taskArn), nextToken: next };
    },
    StopTask: ({ task = '', reason = '' }: StopTaskCommandInput) => {
      const found = this.all.get(task) ?? refuse(InvalidParameterException, 'The referenced task was not found.');
      this.stop(found, { stoppedReason: reason, exitCode: 0 });
      return { task: view(found) };
    },
  };

  stop(task: MemoryTask, { stoppedReason, ...container }: { stoppedReason: string; exitCode?: number; reason?: string }): void {
    if (task.lastStatus === 'RUNNING') Object.assign(task, { lastStatus: 'STOPPED', stoppedReason, container });
  }

  #start({
    taskDefinition = '',
    startedBy = '',
    group = '',
    clientToken: token = '',
    overrides,
    tags,
    ...input
  }: RunTaskCommandInput): MemoryTask {
    const registered = this.#registered(taskDefinition) ?? refuse(ClientException, 'TaskDefinition is inactive');
    if (!input.networkConfiguration)
      refuse(InvalidParameterException, 'Network Configuration must be provided when networkMode awsvpc is specified.');
    const [override] = overrides?.containerOverrides ?? [];
    if (override && override.name !== registered.container)
      refuse(InvalidParameterException, `Override for container named ${override.name} is not a container in the TaskDefinition.`);
    const { account, region, now } = this.#world;
    const taskArn = `arn:aws:ecs:${region}:${account}:task/${input.cluster}/${String(this.all.size + 1).padStart(32, '0')}`;
    const over = Object.fromEntries((override?.environment ?? []).map(({ name = '', value = '' }) => [name, value]));
    const environment = { ...registered.environment, ...over };
    const described = { taskArn, taskDefinitionArn: taskDefinition, startedBy, group, token, environment, tags: tagRecord(tags) };
    const task: MemoryTask = { ...described, lastStatus: 'RUNNING', since: now, container: {} };
    this.all.set(taskArn, task);
    return task;
  }
}

function view({ container, environment: _, token: __, since: ___, tags, ...rest }: MemoryTask) {
  return { ...rest, tags: lowerTags(tags), containers: [{ name: 'worker', ...container }] };
}
