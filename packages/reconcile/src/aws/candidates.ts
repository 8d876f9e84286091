/** A candidate: the one ECS task that runs a new version before any service does, known by the line in its `startedBy`. */

import {
  type ContainerOverride,
  DescribeTasksCommand,
  type ECSClient,
  InvalidParameterException,
  ListTasksCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import type { Launch } from '../launch.ts';
import { lowerTags } from './tags.ts';

type Ecs = Pick<ECSClient, 'send'>;

/** Where tasks run. */
export interface Network {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly assignPublicIp: 'ENABLED' | 'DISABLED';
}

export interface CandidateOrder {
  readonly cluster: string;
  readonly line: string;
  /** The ARN of a revision. */
  readonly taskDefinition: string;
  readonly container: string;
  readonly network: Network;
  readonly launch: Launch;
  /** Put over that of the revision. */
  readonly environment: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** Asked twice with the same, ECS starts one: an answer may get lost. */
  readonly token: string;
}

/** @returns the task's ARN. @throws {Error} when AWS cannot start one now, which says nothing of the version. */
export async function startCandidate(ecs: Ecs, order: CandidateOrder): Promise<string> {
  const { cluster, line, taskDefinition, container, network, launch, environment, tags, token } = order;
  const override: ContainerOverride = {
    name: container,
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
  };
  const { tasks = [], failures = [] } = await ecs.send(
    new RunTaskCommand({
      cluster,
      taskDefinition,
      count: 1,
      ...launch,
      startedBy: startedBy(line),
      group: `candidate:${line}`,
      clientToken: token,
      networkConfiguration: {
        awsvpcConfiguration: { ...network, subnets: [...network.subnets], securityGroups: [...network.securityGroups] },
      },
      overrides: { containerOverrides: [override] },
      tags: lowerTags(tags),
    }),
  );
  const arn = tasks[0]?.taskArn;
  if (!arn) throw new Error(`ECS could not start a candidate of ${line}: ${failures[0]?.reason ?? 'it gives no reason'}`);
  return arn;
}

/** Why the candidate runs no more, in words; undefined while it does. */
export async function endOfCandidate(ecs: Ecs, cluster: string, arn: string): Promise<string | undefined> {
  const { tasks = [], failures = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [arn] }));
  const [task] = tasks;
  if (!task) return failures[0] ? 'ECS knows nothing of it any more' : undefined;
  return task.lastStatus === 'STOPPED' ? wordsOf(task) : undefined;
}

/** ECS says it of the container where it knows, else of the task. */
function wordsOf({ containers = [], stoppedReason }: Task): string {
  const [{ exitCode, reason } = {}] = containers;
  const ended = exitCode === undefined ? undefined : `exit code ${exitCode}`;
  return [reason ?? stoppedReason, ended].filter((words) => words !== undefined).join(', ') || 'ECS gives no reason';
}

/** One that is gone is fine. */
export async function stopCandidate(ecs: Ecs, cluster: string, task: string, reason: string): Promise<void> {
  try {
    await ecs.send(new StopTaskCommand({ cluster, task, reason }));
  } catch (error) {
    if (!(error instanceof InvalidParameterException && /not found/i.test(error.message))) throw error;
  }
}

/** Those of a line that run or are going to: left by runs that were killed. */
export async function candidatesOf(ecs: Ecs, cluster: string, line: string): Promise<readonly string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await ecs.send(new ListTasksCommand({ cluster, startedBy: startedBy(line), nextToken }));
    arns.push(...(page.taskArns ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return arns;
}

function startedBy(line: string): string {
  return `candidate/${line}`;
}
