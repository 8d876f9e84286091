/** A platform for the API, in the AWS of another process: one algorithm, one series in the image store, and clients. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { createApp } from '@mip/api/app';
import { awsPorts } from '@mip/api/aws';
import { ENTRY, PACS } from '@mip/api/testing/fixtures';
import { IMAGES_SECRET, writeSeries } from '@mip/api/testing/image-rows';
import { ClientTable, type NameScope, newClientKey, physicalNames } from '@mip/registry';
import type { FastifyInstance } from 'fastify';
import pLimit from 'p-limit';
import { bareApi } from '../peers/bare-api.ts';
import { ServerProcess } from './server-process.ts';

export const SCOPE: NameScope = { prefix: 'bench', account: '000000000000', region: 'eu-central-1', platform: 'bench' };
export const NAMES = physicalNames(SCOPE);
/** About what DynamoDB and SQS take within a region, on a good day. */
export const LATENCY_MS = 2;

export type Who = 'mip' | 'bare';

export const connectionTo = (endpoint: string) => ({
  endpoint,
  region: SCOPE.region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

/** @param cold where the row of the algorithm is read for each request; who asks with a new key each time has the client read, too. */
export function appOf(who: Who, endpoint: string, cold: boolean): FastifyInstance {
  const connection = connectionTo(endpoint);
  if (who === 'bare') return bareApi({ connection, names: NAMES, cold, imagesSecret: IMAGES_SECRET });
  const ports = awsPorts(SCOPE, { connection, ...(cold && { rowsKeptMs: 0 }) });
  return createApp(ports, { part: 'router', maxRequestBytes: 262_144, log: { write: () => undefined } });
}

export class ApiPlace {
  readonly endpoint: string;
  readonly document: DynamoDBDocumentClient;
  readonly #aws: ServerProcess;
  readonly #dynamodb: DynamoDBClient;

  private constructor(aws: ServerProcess) {
    this.#aws = aws;
    this.endpoint = aws.url;
    this.#dynamodb = new DynamoDBClient(connectionTo(aws.url));
    this.document = DynamoDBDocumentClient.from(this.#dynamodb);
  }

  static async start(): Promise<ApiPlace> {
    const place = new ApiPlace(await ServerProcess.start('api/aws-server.ts', String(LATENCY_MS)));
    const queue_url = `${place.endpoint}/000000000000/${NAMES.requestQueue('window-level')}`;
    await place.document.send(new PutCommand({ TableName: NAMES.table('algorithms'), Item: { ...ENTRY, queue_url } }));
    const dataset = {
      '00080060': { vr: 'CS', Value: ['CT'] },
      '00280010': { vr: 'US', Value: [512] },
      '00280011': { vr: 'US', Value: [512] },
    };
    await writeSeries(place.document, NAMES.table('images'), { [PACS.instance_uid]: dataset });
    return place;
  }

  /** So many keys of one client. */
  async keys(count: number): Promise<readonly string[]> {
    const table = new ClientTable(this.#dynamodb, NAMES.table('clients'));
    const keys = Array.from({ length: count }, newClientKey);
    const limit = pLimit(16);
    await Promise.all(keys.map((key) => limit(() => table.register(key, 'clinic-a', new Date()))));
    return keys;
  }

  /** What was called since this was asked last, sorted: some calls are made at the same time. */
  async calls(): Promise<readonly string[]> {
    return ((await (await fetch(`${this.endpoint}/calls`)).json()) as string[]).toSorted();
  }

  async stop(): Promise<void> {
    this.#dynamodb.destroy();
    await this.#aws.stop();
  }
}

export interface Submission {
  readonly job_id: string;
  readonly key: string;
}

/** @throws where it is not accepted. */
export async function submit(app: FastifyInstance, { job_id, key }: Submission): Promise<void> {
  const answer = await app.inject({
    method: 'POST',
    url: '/process/window-level',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    payload: bodyOf(job_id),
  });
  if (answer.statusCode !== 202) throw new Error(`a submission was answered with ${answer.statusCode}: ${answer.body}`);
}

export function bodyOf(job_id: string): string {
  return JSON.stringify({ job_id, pacs: PACS, parameters: { center: 40, width: 400 } });
}
