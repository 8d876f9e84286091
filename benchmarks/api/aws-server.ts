/**
 * An AWS in a process of its own, over HTTP, for what the API asks: what it does is not in the time of who asks, and each of its answers takes
 * the same time. `aws-server.ts MILLISECONDS` says where it listens, and answers until its standard input ends. `GET /calls` tells, and
 * forgets, what was called since.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Values as DynamoDB writes them down. */
type Item = Readonly<Record<string, object>>;
type Json = Readonly<Record<string, unknown>>;

/** The keys of each table, by the end of its name. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  algorithms: ['algorithm_name'],
  jobs: ['client_id', 'job_id'],
  clients: ['key_hash'],
  images: ['study', 'row'],
  leases: ['lease'],
  connections: ['client_id', 'row'],
};

const tables = new Map<string, Map<string, Item>>();
let calls: string[] = [];

function tableOf(name: string): Map<string, Item> {
  const table = tables.get(name) ?? new Map<string, Item>();
  tables.set(name, table);
  return table;
}

function keyOf(name: string, item: Item): string {
  const attributes = KEYS[name.slice(name.lastIndexOf('-') + 1)];
  if (!attributes) throw new Error(`no table ${name} here`);
  return JSON.stringify(attributes.map((attribute) => item[attribute]));
}

/** `SET #a = :a`, as MIP writes all its updates; what it removes or adds is nothing that is read here. */
function updated(item: Item, names: Readonly<Record<string, string>>, values: Item): Item {
  const set = Object.entries(names).flatMap(([name, attribute]) => {
    const value = values[`:${name.slice(1)}`];
    return value ? [[attribute, value] as const] : [];
  });
  return { ...item, ...Object.fromEntries(set) };
}

const DYNAMODB: Readonly<Record<string, (asked: Json) => Json>> = {
  GetItem: ({ TableName, Key }) => {
    const found = tableOf(String(TableName)).get(keyOf(String(TableName), Key as Item));
    return found ? { Item: found } : {};
  },
  PutItem: ({ TableName, Item: item }) => {
    tableOf(String(TableName)).set(keyOf(String(TableName), item as Item), item as Item);
    return {};
  },
  UpdateItem: ({ TableName, Key, ExpressionAttributeNames = {}, ExpressionAttributeValues = {} }) => {
    const table = tableOf(String(TableName));
    const key = keyOf(String(TableName), Key as Item);
    const item = updated(
      table.get(key) ?? (Key as Item),
      ExpressionAttributeNames as Record<string, string>,
      ExpressionAttributeValues as Item,
    );
    table.set(key, item);
    return { Attributes: item };
  },
  BatchGetItem: ({ RequestItems }) => {
    const asked = Object.entries(RequestItems as Record<string, { Keys: Item[] }>);
    const found = asked.map(([name, { Keys }]) => [name, Keys.flatMap((key) => tableOf(name).get(keyOf(name, key)) ?? [])]);
    return { Responses: Object.fromEntries(found), UnprocessedKeys: {} };
  },
  BatchWriteItem: ({ RequestItems }) => {
    for (const [name, puts] of Object.entries(RequestItems as Record<string, { PutRequest: { Item: Item } }[]>))
      for (const { PutRequest } of puts) tableOf(name).set(keyOf(name, PutRequest.Item), PutRequest.Item);
    return { UnprocessedItems: {} };
  },
  Scan: ({ TableName, Limit, ExclusiveStartKey }) => page(String(TableName), Number(Limit ?? 1000), ExclusiveStartKey as Item | undefined),
};

/** In the order in which rows were written: DynamoDB has no order either. */
function page(name: string, limit: number, start: Item | undefined): Json {
  const rows = [...tableOf(name).entries()];
  const from = start ? rows.findIndex(([key]) => key === keyOf(name, start)) + 1 : 0;
  const Items = rows.slice(from, from + limit).map(([, item]) => item);
  const last = Items.at(-1);
  const more = last && from + limit < rows.length;
  const key = KEYS[name.slice(name.lastIndexOf('-') + 1)] ?? [];
  return { Items, Count: Items.length, ...(more && { LastEvaluatedKey: Object.fromEntries(key.map((one) => [one, last[one]])) }) };
}

function answer(target: string, asked: Json): Json {
  const [service = '', operation = ''] = target.split('.');
  const dynamodb = DYNAMODB[operation];
  if (service === 'DynamoDB_20120810' && dynamodb) return dynamodb(asked);
  if (target === 'AmazonSQS.SendMessage')
    return { MessageId: 'm', MD5OfMessageBody: createHash('md5').update(String(asked.MessageBody)).digest('hex'), SequenceNumber: '1' };
  if (target === 'AmazonSQS.GetQueueUrl') return { QueueUrl: `https://sqs.eu-central-1.amazonaws.com/000000000000/${asked.QueueName}` };
  if (target === 'secretsmanager.GetSecretValue') return { SecretString: 'images-key-of-a-test' };
  if (target === 'AmazonEC2ContainerServiceV20141113.DescribeServices') return { services: [], failures: [] };
  throw new Error(`${target} has no answer here`);
}

async function serve(request: IncomingMessage, response: ServerResponse, milliseconds: number): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  if (request.url === '/calls') {
    response.end(JSON.stringify(calls));
    calls = [];
    return;
  }
  const asked = JSON.parse(Buffer.concat(chunks).toString());
  const target = String(request.headers['x-amz-target']);
  calls.push([target.slice(target.indexOf('.') + 1), asked.TableName ?? Object.keys(asked.RequestItems ?? {})[0]].join(' ').trim());
  await sleep(milliseconds);
  try {
    const text = JSON.stringify(answer(target, asked));
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
  } catch (error) {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: 'Unforeseen', message: String(error) }));
  }
}

const milliseconds = Number(process.argv[2]);
const server = createServer((request, response) => void serve(request, response, milliseconds));
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().on('end', () => process.exit(0));
