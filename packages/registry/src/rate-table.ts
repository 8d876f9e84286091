/** How many requests each client sent in each minute, over all processes: rows of the table `mip-connections`, which go by themselves. */
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { writeIf } from './conditional-write.ts';

const MINUTE_MS = 60_000;
/** Longer than a minute, for clocks that differ. */
const KEPT_SECONDS = 300;

export class RateTable {
  readonly #document: Pick<DynamoDBDocumentClient, 'send'>;
  readonly #table: string;
  /** Clients that have none left in `#minute`: a flood of requests costs one call a minute, not one each. */
  readonly #spent = new Set<string>();
  #minute = 0;

  constructor(document: Pick<DynamoDBDocumentClient, 'send'>, table: string) {
    this.#document = document;
    this.#table = table;
  }

  /** Takes one of the `most` requests of this minute. @returns how many are left; undefined where none was, which takes nothing. */
  async take(clientId: string, most: number, now: Date): Promise<number | undefined> {
    const minute = Math.floor(now.getTime() / MINUTE_MS);
    if (minute !== this.#minute) this.#spent.clear();
    this.#minute = minute;
    if (this.#spent.has(clientId)) return undefined;
    const taken = await this.#count(clientId, most, minute);
    if (taken === undefined && minute === this.#minute) this.#spent.add(clientId);
    return taken === undefined ? undefined : most - taken;
  }

  async #count(clientId: string, most: number, minute: number): Promise<number | undefined> {
    const update = new UpdateCommand({
      TableName: this.#table,
      Key: { client_id: clientId, row: `rate/${minute}` },
      UpdateExpression: 'SET expires_at = :expires ADD requests :one',
      ConditionExpression: 'attribute_not_exists(requests) OR requests < :most',
      ExpressionAttributeValues: { ':one': 1, ':most': most, ':expires': (minute * MINUTE_MS) / 1000 + KEPT_SECONDS },
      ReturnValues: 'UPDATED_NEW',
    });
    const counted = await writeIf(this.#document, update);
    return counted && Number(counted.Attributes?.requests);
  }
}
