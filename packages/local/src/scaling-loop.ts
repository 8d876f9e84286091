/** Evaluates every policy of the local cloud each second: what AWS does with alarms. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { PhysicalNames } from '@mip/registry';
import { wakeLease } from '@mip/registry/waker';
import type { EmulatorConnection } from './environment.ts';
import type { ScalingServer } from './scaling.ts';
import { decideCount, type Memory } from './scaling-decision.ts';
import { runDueActions } from './scaling-operations.ts';
import type { Target } from './scaling-targets.ts';
import type { Usage } from './usage.ts';

export interface ScalingLoopOptions {
  readonly connection: EmulatorConnection;
  readonly names: PhysicalNames;
  readonly scaling: ScalingServer;
  /** Tasks of a service that really run. */
  readonly running: (service: string) => number;
  /** What they use, in percent of what they were given; undefined where it cannot be told. */
  readonly usage: (service: string) => Usage | undefined;
  readonly log: (line: string) => void;
}

const LOOK_EVERY_MS = 1000;

/** The part of a policy that is looked at. */
interface Tracking {
  readonly TargetValue: number;
  readonly PredefinedMetricSpecification?: { readonly PredefinedMetricType: string };
  readonly CustomizedMetricSpecification?: { readonly Metrics?: readonly { readonly MetricStat?: { readonly Metric: Metric } }[] };
}
interface Metric {
  readonly Namespace: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

/** Until it is stopped; a fault is told once and tried again. */
export function startScalingLoop(options: ScalingLoopOptions): { stop(): Promise<void> } {
  const loop = new ScalingLoop(options);
  const stopped = new AbortController();
  const run = loop.run(stopped.signal);
  return {
    stop: async () => {
      stopped.abort();
      await run;
    },
  };
}

class ScalingLoop {
  readonly #options: ScalingLoopOptions;
  readonly #sqs: SQSClient;
  readonly #dynamodb: DynamoDBClient;
  readonly #memories = new Map<string, Memory>();
  readonly #urls = new Map<string, string>();
  #complaint = '';

  constructor(options: ScalingLoopOptions) {
    this.#options = options;
    this.#sqs = new SQSClient(options.connection);
    this.#dynamodb = new DynamoDBClient(options.connection);
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const { targets, services } = this.#options.scaling;
    try {
      await runDueActions(targets, services, Date.now());
      await Promise.all(targets.all().map((target) => this.#evaluate(target)));
      this.#complaint = '';
    } catch (error) {
      const complaint = (error as Error).message;
      if (complaint !== this.#complaint) this.#options.log(`scaling: ${complaint}`);
      this.#complaint = complaint;
    }
  }

  async #evaluate({ id, min, max, policies }: Target): Promise<void> {
    const { services } = this.#options.scaling;
    const desired = await services.desired(id);
    const tracking = Object.values(policies)[0]?.TargetTrackingScalingPolicyConfiguration as Tracking | undefined;
    const service = id.split('/').at(-1) ?? '';
    const measured = tracking && (await this.#measure(tracking, service));
    if (desired === undefined || !tracking || !measured) return;
    const { count, memory } = decideCount(
      { desired, min, max, target: tracking.TargetValue, ...measured },
      this.#memories.get(id) ?? {},
      Date.now(),
    );
    this.#memories.set(id, memory);
    if (count === desired || (count === 0 && (await this.#mayBeWanted(service)))) return;
    await services.setDesired(id, count);
    this.#options.log(`scaling: ${service} from ${desired} to ${count} tasks`);
    // What came while this was decided saw a service that runs, and woke nobody.
    if (count === 0 && ((await this.#measure(tracking, service))?.value ?? 0) > 0) await services.setDesired(id, 1);
  }

  async #measure(tracking: Tracking, service: string): Promise<{ value: number; over: number } | undefined> {
    const over = this.#options.running(service);
    const type = tracking.PredefinedMetricSpecification?.PredefinedMetricType;
    if (type === undefined) return { value: (await this.#messages(queueOf(tracking))) / Math.max(over, 1), over };
    const usage = this.#options.usage(service);
    return usage && { value: type === 'ECSServiceAverageCPUUtilization' ? usage.cpu : usage.memory, over };
  }

  /** Those that wait and those that are worked on. */
  async #messages(queue: string): Promise<number> {
    const { QueueUrl = '' } = this.#urls.has(queue)
      ? { QueueUrl: this.#urls.get(queue) }
      : await this.#sqs.send(new GetQueueUrlCommand({ QueueName: queue }));
    this.#urls.set(queue, QueueUrl);
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] }),
    );
    return Number(Attributes.ApproximateNumberOfMessages ?? 0) + Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0);
  }

  /** For a minute after a request the waker does not look again: a line that it found awake must not fall asleep meanwhile. */
  async #mayBeWanted(service: string): Promise<boolean> {
    const { names } = this.#options;
    const Key = { lease: { S: wakeLease(names.lineOf(service)) } };
    const { Item } = await this.#dynamodb.send(new GetItemCommand({ TableName: names.table('leases'), Key, ConsistentRead: true }));
    return Number(Item?.expires_at?.N ?? 0) > Date.now();
  }
}

function queueOf({ CustomizedMetricSpecification }: Tracking): string {
  const metrics = (CustomizedMetricSpecification?.Metrics ?? []).flatMap(({ MetricStat }) => MetricStat?.Metric ?? []);
  const dimensions = metrics.filter(({ Namespace }) => Namespace === 'AWS/SQS').flatMap(({ Dimensions }) => Dimensions);
  return dimensions.find(({ Name }) => Name === 'QueueName')?.Value ?? '';
}
