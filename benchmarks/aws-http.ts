/**
 * An AWS in a process of its own that answers as AWS does, by HTTP, for programs that are bundled with the SDK: `aws-http.ts REPOSITORY PLATFORM`
 * fills an in-memory AWS with all that the repository's catalog asks for, says where it listens, and answers until its standard input ends.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { loadCatalog } from '@mip/catalog/load';
import { lineOf, treeHashesOf } from '@mip/reconcile/open';
import { platformIn } from '@mip/reconcile/platform';
import { FACTS, input, run } from '@mip/reconcile/testing/fixtures';
import type { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import { held } from './held-aws.ts';

type Json = Readonly<Record<string, unknown>>;

/** Services that speak JSON, by what stands before the operation in `x-amz-target`. */
const SERVICES: Readonly<Record<string, 'ecr' | 'ecs' | 'sqs' | 'tagging'>> = {
  AmazonEC2ContainerRegistry_V20150921: 'ecr',
  AmazonEC2ContainerServiceV20141113: 'ecs',
  AmazonSQS: 'sqs',
  ResourceGroupsTaggingAPI_20170126: 'tagging',
};

async function filled(repository: string, platformName: string): Promise<MemoryAws> {
  const { algorithms, platforms } = await loadCatalog(repository, { platform: platformName });
  const file = platforms.find(({ name }) => name === platformName);
  if (!file) throw new Error(`${repository} has no platform ${platformName}`);
  const platform = platformIn('eu-central-1', file, FACTS);
  const treeHashes = await treeHashesOf({ root: repository, algorithms });
  const wanted = (some: typeof algorithms) => input(some, { platform, treeHashes, lineOf: lineOf(some) });
  return held(algorithms, async (account, some) => (await run(account, wanted(some))).ok);
}

/** DynamoDB's own JSON says of every value what type it is; above the client nobody sees that. */
async function answerDynamoDb(aws: MemoryAws, operation: string, asked: Json): Promise<Json> {
  const options = { removeUndefinedValues: true };
  if (operation === 'Scan') {
    const { ExclusiveStartKey: start, ...rest } = asked as { ExclusiveStartKey?: Marshalled };
    const input = { ...rest, ...(start && { ExclusiveStartKey: unmarshall(start) }) };
    const { Items = [], LastEvaluatedKey: end, ...found } = await send(aws, 'dynamodb', 'Scan', input);
    const items = (Items as Json[]).map((item) => marshall(item, options));
    return { ...found, Items: items, ...(end !== undefined && { LastEvaluatedKey: marshall(end) }) };
  }
  if (operation !== 'BatchGetItem') throw new Error(`DynamoDB ${operation} has no answer here`);
  const tables = Object.entries(asked.RequestItems as Record<string, { Keys: Marshalled[] }>);
  const RequestItems = Object.fromEntries(tables.map(([name, { Keys }]) => [name, { Keys: Keys.map((key) => unmarshall(key)) }]));
  const { Responses = {} } = await send(aws, 'dynamodb', 'BatchGet', { RequestItems });
  const found = Object.entries(Responses as Record<string, Json[]>).map(([name, items]) => [
    name,
    items.map((item) => marshall(item, options)),
  ]);
  return { Responses: Object.fromEntries(found), UnprocessedKeys: {} };
}

type Marshalled = Parameters<typeof unmarshall>[0];

async function send(
  aws: MemoryAws,
  service: (typeof SERVICES)[string] | 'dynamodb' | 'iam',
  operation: string,
  input: Json,
): Promise<Json> {
  const client = aws[service] as unknown as { send(command: object): Promise<Json> };
  return client.send({ constructor: { name: `${operation}Command` }, input });
}

/** @throws {Error} for what the plan does not ask. */
async function answer(aws: MemoryAws, target: string, body: Json): Promise<Json> {
  const [prefix = '', operation = ''] = target.split('.');
  if (target === 'AmazonSSM.GetParameter') return { Parameter: { Name: body.Name, Value: JSON.stringify(FACTS) } };
  if (prefix === 'DynamoDB_20120810') return answerDynamoDb(aws, operation, body);
  const service = SERVICES[prefix];
  if (!service) throw new Error(`${target} has no answer here`);
  return send(aws, service, operation, body);
}

/** IAM alone speaks XML, and the plan asks it one thing. */
async function answerIam(aws: MemoryAws, asked: URLSearchParams): Promise<string> {
  if (asked.get('Action') !== 'ListRoles') throw new Error(`${asked.get('Action')} has no answer here`);
  const { Roles = [], Marker } = await send(aws, 'iam', 'ListRoles', {
    PathPrefix: asked.get('PathPrefix') ?? '',
    MaxItems: Number(asked.get('MaxItems') ?? 100),
    ...(asked.has('Marker') && { Marker: asked.get('Marker') }),
  });
  const members = (Roles as Json[]).map((role) => `<member>${elements(role)}</member>`).join('');
  const end = elements({ IsTruncated: Marker !== undefined, ...(Marker !== undefined && { Marker }) });
  return `<ListRolesResponse><ListRolesResult><Roles>${members}</Roles>${end}</ListRolesResult></ListRolesResponse>`;
}

function elements(fields: Json): string {
  const text = (value: unknown) => String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return Object.entries(fields)
    .map(([name, value]) => `<${name}>${text(value)}</${name}>`)
    .join('');
}

async function serve(aws: MemoryAws, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  const target = request.headers['x-amz-target'];
  try {
    const xml = target === undefined ? await answerIam(aws, new URLSearchParams(body)) : undefined;
    const text = xml ?? JSON.stringify(await answer(aws, String(target), JSON.parse(body)));
    response.writeHead(200, { 'content-type': xml === undefined ? JSON_TYPE : 'text/xml' }).end(text);
  } catch (error) {
    response.writeHead(400, { 'content-type': JSON_TYPE }).end(JSON.stringify({ __type: 'Unforeseen', message: String(error) }));
  }
}

const JSON_TYPE = 'application/x-amz-json-1.1';

async function main(repository: string, platformName: string): Promise<void> {
  const aws = await filled(repository, platformName);
  aws.world.copy = (value) => value; // an answer is written down at once
  const server = createServer((request, response) => void serve(aws, request, response));
  server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
  process.stdin.resume().on('end', () => process.exit(0));
}

const [repository = '', platformName = ''] = process.argv.slice(2);
void main(repository, platformName);
