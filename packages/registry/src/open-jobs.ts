/** How many jobs a client has that are not over: counted through an index of the table `mip-jobs` that holds keys alone. */
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';

export class OpenJobs {
  readonly #document: Pick<DynamoDBDocumentClient, 'send'>;
  readonly #table: string;

  constructor(document: Pick<DynamoDBDocumentClient, 'send'>, table: string) {
    this.#document = document;
    this.#table = table;
  }

  /** As far as `most`: what is beyond is not counted. Eventually consistent, so jobs of the last moment may be missing. */
  async count(clientId: string, most: number): Promise<number> {
    let count = 0;
    let from: Record<string, unknown> | undefined;
    do {
      const page = await this.#document.send(
        new QueryCommand({
          TableName: this.#table,
          IndexName: 'by-client-open',
          KeyConditionExpression: 'client_id = :client AND open_state < :untold', // those that are over, and not yet told, come last
          ExpressionAttributeValues: { ':client': clientId, ':untold': 'untold' },
          Select: 'COUNT',
          Limit: most - count,
          ExclusiveStartKey: from,
        }),
      );
      count += page.Count ?? 0;
      from = page.LastEvaluatedKey;
    } while (from && count < most);
    return count;
  }
}
