/**
 * Wakes a line whose service sleeps at no task: a queue that was idle shows in SQS's metrics only minutes later, and nothing would scale it up.
 *
 * One request looks for all others of a minute (a row in the table of leases, taken under a condition). That loses no wake-up as long as a
 * service does not fall asleep within the minute after somebody found it awake: scale-in has a cooldown of 300 s and wants 15 minutes of little
 * to do, a task that runs takes a message within a second and is protected from then on, and what is worked on counts as backlog. A look that
 * failed is over after seconds. What slips through all the same is woken by the sweeper, which looks at jobs that have waited for minutes.
 */
import { ConditionalCheckFailedException, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { DescribeServicesCommand, type ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import type { PhysicalNames, Registry, RegistryEntry } from '@mip/registry';
import { WAKE_SECONDS, wakeLease } from '@mip/registry/waker';

/** What a queue's line and its algorithm are called. */
export interface Asleep {
  readonly queueUrl: string;
  readonly algorithm: string;
}

export interface Waker {
  /** Never rejects, and is over in a moment: whoever asks has a request to answer. */
  wake(line: Asleep): Promise<void>;
}

export interface WakerOptions {
  readonly dynamodb: Pick<DynamoDBClient, 'send'>;
  readonly ecs: Pick<ECSClient, 'send'>;
  readonly registry: Pick<Registry, 'get'>;
  readonly names: PhysicalNames;
  readonly now: () => Date;
  /** Told why a line could not be looked at. */
  readonly onFault: (fault: Error) => void;
}

/** On the row that is there. */
interface Only {
  readonly condition: string;
  /** What the condition calls `:than`, in milliseconds since 1970. */
  readonly than: number;
}

/** No request waits longer for what it does on behalf of others. */
const LONGEST_MS = 1500;
const GIVE_BACK_MS = 500;
const AGAIN_MS = 5000;

export class EcsWaker implements Waker {
  readonly #options: WakerOptions;
  /** Until when somebody has looked, by line: of those that this process knows of. */
  readonly #looked = new Map<string, number>();

  constructor(options: WakerOptions) {
    this.#options = options;
  }

  async wake({ queueUrl, algorithm }: Asleep): Promise<void> {
    const { names, now, onFault } = this.#options;
    const line = names.lineOfQueue(queueUrl.slice(queueUrl.lastIndexOf('/') + 1));
    if (line === undefined || (this.#looked.get(line) ?? 0) > now().getTime()) return;
    try {
      const abortSignal = AbortSignal.timeout(LONGEST_MS);
      const until = await this.#mine(line, abortSignal);
      if (until !== undefined) await this.#look(line, algorithm, abortSignal).catch((fault) => this.#giveBack(line, until, fault));
    } catch (fault) {
      onFault(fault as Error);
    }
  }

  /** Until when this is the request that looks, unless another one does. */
  async #mine(line: string, abortSignal: AbortSignal): Promise<number | undefined> {
    const at = this.#options.now().getTime();
    const until = at + WAKE_SECONDS * 1000;
    try {
      await this.#setMinute(line, until, { condition: 'attribute_not_exists(expires_at) OR expires_at <= :than', than: at }, abortSignal);
      return until;
    } catch (error) {
      // Somebody else's minute began before this one; of a fault nobody knows whose minute it is.
      const theirs = error instanceof ConditionalCheckFailedException ? Number(error.Item?.expires_at?.N ?? 0) : 0;
      this.#looked.set(line, theirs);
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  /** After a fault, which it throws: a request in a few seconds looks again; not each, for ECS may be refusing because of too many. */
  async #giveBack(line: string, until: number, fault: Error): Promise<never> {
    const again = this.#options.now().getTime() + AGAIN_MS;
    const still = { condition: 'expires_at = :than', than: until };
    await this.#setMinute(line, again, still, AbortSignal.timeout(GIVE_BACK_MS)).catch(() => undefined); // then it is the minute
    throw fault;
  }

  /** @throws {ConditionalCheckFailedException} with the row that is there, where the condition on it does not hold. */
  async #setMinute(line: string, until: number, { condition, than }: Only, abortSignal: AbortSignal): Promise<void> {
    const { dynamodb, names } = this.#options;
    this.#looked.set(line, until); // before anything is awaited: those that come meanwhile need not ask
    const command = new UpdateItemCommand({
      TableName: names.table('leases'),
      Key: { lease: { S: wakeLease(line) } },
      UpdateExpression: 'SET expires_at = :until',
      ConditionExpression: condition,
      ExpressionAttributeValues: { ':until': { N: String(until) }, ':than': { N: String(than) } },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    await dynamodb.send(command, { abortSignal });
  }

  async #look(line: string, algorithm: string, abortSignal: AbortSignal): Promise<void> {
    const { ecs, names, registry, now } = this.#options;
    const service = names.service(line);
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: names.cluster, services: [service] }), { abortSignal });
    if (services[0]?.status !== 'ACTIVE' || services[0].desiredCount !== 0) return;
    if (isHeldAtNone(await registry.get(algorithm), now())) return;
    await ecs.send(new UpdateServiceCommand({ cluster: names.cluster, service, desiredCount: 1 }), { abortSignal });
  }
}

/** Whether somebody wants it to sleep: it is inactive, or its number of tasks was set to 0 for a while. */
function isHeldAtNone(entry: RegistryEntry | undefined, now: Date): boolean {
  const { status, scale_override: held } = entry ?? {};
  return status === 'inactive' || (held?.count === 0 && new Date(held.until) > now);
}
