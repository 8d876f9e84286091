/**
 * ECS as it is here. The emulator says of every service that its tasks run, whatever became of the processes; this stands in front of its ECS
 * for whoever asks, and counts what the agent runs. Everything else passes as it came.
 */
import type { Service, Task } from '@aws-sdk/client-ecs';
import Fastify from 'fastify';

/** What the agent knows of tasks. */
export interface Running {
  /** The number of processes that run for a group, like `service:mip-seg`. */
  inGroup(group: string): number;
  isRunning(task: string): boolean;
}

export interface EcsFront {
  /** What clients take as `AWS_ENDPOINT_URL_ECS`. */
  readonly url: string;
  stop(): Promise<void>;
}

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

function asItRuns(service: Service, running: Running): Service {
  const { desiredCount = 0, deployments = [], serviceName } = service;
  const runningCount = running.inGroup(`service:${serviceName}`);
  const pendingCount = Math.max(0, desiredCount - runningCount);
  const [primary, ...others] = deployments;
  if (!primary) return { ...service, runningCount, pendingCount };
  const rollout = pendingCount > 0 ? { rolloutState: 'IN_PROGRESS' as const } : {};
  return { ...service, runningCount, pendingCount, deployments: [{ ...primary, runningCount, pendingCount, ...rollout }, ...others] };
}

function asTaskRuns(task: Task, running: Running): Task {
  return task.lastStatus === 'RUNNING' && !running.isRunning(task.taskArn ?? '') ? { ...task, lastStatus: 'PENDING' } : task;
}
