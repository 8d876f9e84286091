/** `GET /algorithms`, in this process: a page of the list, beside the bare read of the same page of the table by the same SDK. */
import { isDeepStrictEqual } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { adminPorts } from '@mip/api/admin-aws';
import { createApp } from '@mip/api/app';
import { ENTRY } from '@mip/api/testing/fixtures';
import { PAGES } from '@mip/api/testing/pages';
import { hashClientKey, newClientKey, physicalNames } from '@mip/registry';
import pLimit from 'p-limit';
import type { Row } from '../row.ts';
import { type ApiPlace, connectionTo, LATENCY_MS, SCOPE } from './place.ts';
import { contest, type Sides } from './side-by-side.ts';

const COUNTS = [1000, 10_000];
const PAGE = 20;
const CONTEST = { peer: 'a bare DynamoDB scan', requests: 1000, warming: 30 }; // of fewer, the 99th percentile is the third-worst, and that is chance
const BATCH = 25;

interface Lists extends Sides {
  readonly mip: () => Promise<readonly string[]>;
  readonly bare: () => Promise<readonly string[]>;
}

export async function listRows(place: ApiPlace, log: (line: string) => void): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const count of COUNTS) {
    const sides = await sidesOf(place, count);
    if (!isDeepStrictEqual(await sides.mip(), await sides.bare())) throw new Error('not the same page');
    const name = `list, ${PAGE} of ${count} algorithms, one AWS call of ${LATENCY_MS} ms`;
    const both = await contest(sides, { name, ...CONTEST });
    log(both.map((row) => `${row.case}: ${row.mip.toFixed(1)} and ${row.peer?.toFixed(1)} ms`).join('; '));
    rows.push(...both);
  }
  return rows;
}

/** Both give the names on the first page. */
async function sidesOf(place: ApiPlace, count: number): Promise<Lists> {
  const scope = { ...SCOPE, prefix: `bench${count}` };
  const names = physicalNames(scope);
  const connection = connectionTo(place.endpoint);
  const document = DynamoDBDocumentClient.from(new DynamoDBClient(connection));
  const key = newClientKey();
  const Item = { key_hash: hashClientKey(key), client_id: 'clinic-a', created_at: new Date().toISOString() };
  await document.send(new PutCommand({ TableName: names.table('clients'), Item }));
  await writeRows(document, names.table('algorithms'), count);
  const app = createApp(adminPorts(scope, { pages: PAGES, catalog: '', connection }), {
    ...{ part: 'admin', maxRequestBytes: 1000 },
    log: { write: () => undefined },
  });
  return {
    mip: async () => {
      const answer = await app.inject({ url: `/algorithms?limit=${PAGE}`, headers: { 'x-api-key': key } });
      return (answer.json().algorithms as { name: string }[]).map(({ name }) => name);
    },
    bare: async () => {
      const { Items = [] } = await document.send(new ScanCommand({ TableName: names.table('algorithms'), Limit: PAGE }));
      return Items.map(({ algorithm_name }) => algorithm_name);
    },
  };
}

async function writeRows(document: DynamoDBDocumentClient, table: string, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    ...ENTRY,
    algorithm_name: `algorithm-${index}`,
    name: `algorithm-${index}`,
  }));
  const limit = pLimit(8);
  const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, index) => rows.slice(index * BATCH, (index + 1) * BATCH));
  const write = (batch: typeof rows) =>
    document.send(new BatchWriteCommand({ RequestItems: { [table]: batch.map((Item) => ({ PutRequest: { Item } })) } }));
  await Promise.all(batches.map((batch) => limit(() => write(batch))));
}
