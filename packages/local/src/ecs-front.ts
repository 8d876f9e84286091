/**
 * ECS as it is here. The emulator says of every service that its tasks run, whatever became of the processes; this stands in front of its ECS
 * for whoever asks, and counts what the agent runs. Everything else passes as it came.
 */
import { constants } from 'node:os';
import type { Deployment, Service, Task } from '@aws-sdk/client-ecs';
import Fastify from 'fastify';
import type { FailedRevision } from './breaker.ts';
import type { End } from './worker-process.ts';

/** What the agent knows of tasks. */
export interface Running {
  /** The number of processes that run for a group, like `service:mip-seg`. */
  inGroup(group: string): number;
  /** The number of those of a revision that have run for a moment. */
  started(group: string, taskDefinition: string): number;
  isRunning(task: string): boolean;
  /** How a task ended that was to run once. */
  endOf(task: string): End | undefined;
  /** The revision that the circuit breaker gave up last, until the next deployment of the service. */
  failed(group: string): FailedRevision | undefined;
  /** A deployment of the service begins. */
  begin(group: string): void;
}

export interface EcsFront {
  /** What clients take as `AWS_ENDPOINT_URL_ECS`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** A process that a signal ended has this and the signal's number for its exit code. */
const SIGNALLED = 128;
const JSON_TYPE = 'application/x-amz-json-1.1';
/** Of a request: it names the operation. */
const TARGET = 'x-amz-target';
/** They belong to one connection, not to what is passed on. */
const OF_THE_CONNECTION = ['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding'];

export async function startEcsFront(options: { readonly endpoint: string; readonly running: Running }): Promise<EcsFront> {
  const front = Fastify({ forceCloseConnections: true });
  front.removeAllContentTypeParsers();
  front.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  front.post('/', async (request, reply) => {
    const headers = Object.entries(request.headers).filter(([name]) => !OF_THE_CONNECTION.includes(name)) as [string, string][];
    const answer = await fetch(options.endpoint, { method: 'POST', headers, body: request.body as Buffer<ArrayBuffer> });
    const operation = String(request.headers[TARGET] ?? '').split('.')[1] ?? '';
    if (answer.ok && operation === 'UpdateService') beginDeployment(request.body as Buffer, options.running);
    const text = await answer.text();
    return reply
      .code(answer.status)
      .type(answer.headers.get('content-type') ?? JSON_TYPE)
      .send(answer.ok ? corrected(operation, text, options.running) : text);
  });
  return { url: await front.listen({ host: '127.0.0.1', port: 0 }), stop: () => front.close() };
}

/** Pure. An answer of ECS with what really runs. */
export function corrected(operation: string, text: string, running: Running): string {
  if (operation !== 'DescribeServices' && operation !== 'DescribeTasks') return text;
  const answer = JSON.parse(text) as { services?: Service[]; tasks?: Task[] };
  return JSON.stringify({
    ...answer,
    ...(answer.services && { services: answer.services.map((service) => asItRuns(service, running)) }),
    ...(answer.tasks && { tasks: answer.tasks.map((task) => asTaskRuns(task, running)) }),
  });
}

/** A change of the number of tasks alone deploys nothing. */
function beginDeployment(body: Buffer, running: Running): void {
  const { service = '', taskDefinition } = JSON.parse(body.toString()) as { service?: string; taskDefinition?: string };
  if (taskDefinition !== undefined) running.begin(`service:${service.split('/').at(-1)}`);
}

function asItRuns(service: Service, running: Running): Service {
  const { desiredCount = 0, deployments = [], serviceName } = service;
  const group = `service:${serviceName}`;
  const runningCount = running.inGroup(group);
  const pendingCount = Math.max(0, desiredCount - runningCount);
  const failed = running.failed(group);
  const [primary, ...others] = deployments;
  if (!primary) return { ...service, runningCount, pendingCount };
  const now = primaryAsItRuns(primary, desiredCount, running.started(group, primary.taskDefinition ?? ''), failed);
  const gaveUp = failed && failed.taskDefinition !== primary.taskDefinition ? [gaveUpOn(failed)] : [];
  return { ...service, runningCount, pendingCount, deployments: [now, ...gaveUp, ...others] };
}

function primaryAsItRuns(primary: Deployment, desiredCount: number, started: number, failed: FailedRevision | undefined): Deployment {
  const counts = { runningCount: started, pendingCount: Math.max(0, desiredCount - started) };
  if (failed && failed.taskDefinition === primary.taskDefinition) return { ...primary, ...counts, ...stateOf(failed) };
  return { ...primary, ...counts, ...(counts.pendingCount > 0 && { rolloutState: 'IN_PROGRESS' as const }) };
}

/** As ECS still shows for a while the deployment from which it went back. */
function gaveUpOn(failed: FailedRevision): Deployment {
  return {
    status: 'INACTIVE',
    taskDefinition: failed.taskDefinition,
    desiredCount: 0,
    runningCount: 0,
    pendingCount: 0,
    ...stateOf(failed),
  };
}

function stateOf({ failedTasks }: FailedRevision) {
  const rolloutStateReason = `ECS deployment circuit breaker: tasks failed to start (${failedTasks} in a row).`;
  return { rolloutState: 'FAILED' as const, rolloutStateReason, failedTasks };
}

function asTaskRuns(task: Task, running: Running): Task {
  const end = running.endOf(task.taskArn ?? '');
  if (task.lastStatus === 'STOPPED' && end) return asItEnded(task, end);
  return task.lastStatus === 'RUNNING' && !running.isRunning(task.taskArn ?? '') ? { ...task, lastStatus: 'PENDING' } : task;
}

/** The emulator takes every task for stopped by somebody, with the exit code 0. */
function asItEnded(task: Task, end: End): Task {
  if (end.by === 'stopped') return task;
  const [container = {}, ...others] = task.containers ?? [];
  if (end.by === 'fault') {
    const containers = [{ ...container, exitCode: undefined, reason: end.fault.message }, ...others];
    return { ...task, stopCode: 'TaskFailedToStart', stoppedReason: end.fault.message, containers };
  }
  const exitCode = end.code ?? SIGNALLED + (constants.signals[end.signal ?? 'SIGKILL'] ?? 0);
  return { ...task, stopCode: 'EssentialContainerExited', containers: [{ ...container, exitCode }, ...others] };
}
