/**
 * The peer of the API: a handler on the same framework that makes the AWS calls of a submission, by the same SDK, in the same order and at the
 * same time, and nothing else: no checks, no log, no digest, no look into what it read.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { hashClientKey, type PhysicalNames } from '@mip/registry';
import { hashUid } from '@mip/registry/image-keys';
import Fastify, { type FastifyInstance } from 'fastify';

export interface BareApiOptions {
  readonly connection: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly names: PhysicalNames;
  /** Whether the client and the algorithm's row are read for each request, or were read before. */
  readonly cold: boolean;
  readonly imagesSecret: string;
}

interface Body {
  readonly job_id: string;
  readonly pacs: { readonly study_uid: string; readonly series_uid: string; readonly instance_uid: string };
  readonly parameters: object;
}

interface Algorithm {
  readonly version: string;
  readonly queue_url: string;
}

export function bareApi({ connection, names, cold, imagesSecret }: BareApiOptions): FastifyInstance {
  const document = DynamoDBDocumentClient.from(new DynamoDBClient(connection));
  const sqs = new SQSClient(connection);
  const known = new Map<string, Promise<unknown>>();
  const read = (table: 'clients' | 'algorithms', Key: Record<string, string>) => {
    const get = () => document.send(new GetCommand({ TableName: names.table(table), Key, ConsistentRead: true })).then(({ Item }) => Item);
    const [key = ''] = Object.values(Key);
    const found = (!cold && known.get(key)) || get();
    if (!cold) known.set(key, found);
    return found;
  };
  const images = ({ study_uid, series_uid, instance_uid }: Body['pacs']) => {
    const study = hashUid(imagesSecret, 'study', study_uid);
    const series = hashUid(imagesSecret, 'series', series_uid);
    const rows = ['study', `series/${series}`, `instance/${series}/${hashUid(imagesSecret, 'instance', instance_uid)}`];
    const Keys = rows.map((row) => ({ study, row }));
    return document.send(new BatchGetCommand({ RequestItems: { [names.table('images')]: { Keys, ConsistentRead: true } } }));
  };
  const app = Fastify();
  app.post('/process/:name', async (request, reply) => {
    const { name } = request.params as { name: string };
    const body = request.body as Body;
    const client = (await read('clients', { key_hash: hashClientKey(String(request.headers['x-api-key'])) })) as { client_id: string };
    const [row] = await Promise.all([read('algorithms', { algorithm_name: name }), images(body.pacs)]);
    const record = recordOf(body, client.client_id, name, row as Algorithm);
    await document.send(
      new PutCommand({ TableName: names.table('jobs'), Item: record, ConditionExpression: 'attribute_not_exists(job_id)' }),
    );
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: (row as Algorithm).queue_url,
        MessageBody: JSON.stringify(record),
        MessageGroupId: record.job_key,
        MessageDeduplicationId: record.job_key,
      }),
    );
    const event = { type: 'job.queued', event_id: `evt_${record.job_key}`, at: record.accepted_at, job_id: record.job_id };
    const [queued] = await Promise.all([
      markQueued(document, names.table('jobs'), record),
      sqs.send(
        new SendMessageCommand({
          QueueUrl: `https://sqs.eu-central-1.amazonaws.com/000000000000/${names.resultsQueue}`,
          MessageBody: JSON.stringify({ ...record, ...event }),
          MessageGroupId: record.job_key,
          MessageDeduplicationId: event.event_id,
        }),
      ),
    ]);
    return reply.code(202).send(queued);
  });
  return app;
}

/** A record as MIP writes it, of constants where MIP reckons. */
function recordOf({ job_id, pacs, parameters }: Body, client_id: string, algorithm: string, { version }: Algorithm) {
  const at = new Date().toISOString();
  return {
    ...{ client_id, job_id, job_key: '0'.repeat(32), algorithm, version, line: algorithm, state: 'accepted', open_state: 'accepted' },
    ...{
      purpose: 'clinical',
      attempts: 0,
      delivery: 1,
      request_digest: '0'.repeat(64),
      trace_id: '0'.repeat(32),
      pacs: { ...pacs, source: 'built-in' },
    },
    parameters: { ...parameters, function: 'LINEAR' },
    ...{ admission: { state: 'checked', warnings: [] }, accepted_at: at, updated_at: at },
  };
}

async function markQueued(document: DynamoDBDocumentClient, table: string, { client_id, job_id }: ReturnType<typeof recordOf>) {
  const at = new Date().toISOString();
  const set = { state: 'queued', open_state: 'queued', queued_at: at, updated_at: at };
  const update = new UpdateCommand({
    TableName: table,
    Key: { client_id, job_id },
    UpdateExpression: `SET ${Object.keys(set).map((name) => `#${name} = :${name}`)}`,
    ConditionExpression: '#state IN (:from0)',
    ExpressionAttributeNames: Object.fromEntries(Object.keys(set).map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:${name}`, value])),
      ':from0': 'accepted',
    },
    ReturnValues: 'ALL_NEW',
  });
  return (await document.send(update)).Attributes;
}
