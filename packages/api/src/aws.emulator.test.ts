/** The API over the tables, queue and bucket of an emulator: what the ports in memory only claim. */
import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, DeleteQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ClientTable, jobKey, type NameScope, physicalNames, Registry } from '@mip/registry';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { createTable } from '../../../tests/tables.ts';
import { createApp } from './app.ts';
import { type AwsOptions, awsPorts } from './aws.ts';
import { BuiltInImages } from './look/built-in.ts';
import { DicomwebServer } from './testing/dicomweb-server.ts';
import { IMAGES_SECRET, writeSeries } from './testing/image-rows.ts';
import { ENTRY, get, JOB, KEY, MOST_BYTES, PACS, post, REQUEST } from './testing/requests.ts';

const scope: NameScope = { prefix: `t${randomUUID().slice(0, 8)}`, account: '000000000000', region: 'eu-central-1', platform: 'test' };
const names = physicalNames(scope);
const NOW = new Date('2024-01-31T10:00:00.000Z');
const file = {
  name: 'result-0001.dcm',
  key: 'algorithms/window-level/jobs/0123/4567/result-0001.dcm',
  media_type: 'application/dicom',
  size: 4,
  sha256: '0'.repeat(64),
};

/** Another has its metadata in the bucket, because they are large. */
const INSTANCES = { [PACS.instance_uid]: { '00280030': { vr: 'DS', Value: [0.5, 0.5] } }, '1.2.3.4.6': undefined };

let emulator: TestEmulator;
let sqs: SQSClient;
let document: DynamoDBDocumentClient;
let queueUrl: string;
let app: FastifyInstance;
let hospital: DicomwebServer;
let options: AwsOptions;

async function createQueue(): Promise<string> {
  const Attributes = { FifoQueue: 'true', DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: names.requestQueue(`x${randomUUID().slice(0, 6)}`), Attributes }),
  );
  return QueueUrl;
}

async function createSecret(Name: string, SecretString: string) {
  await new SecretsManagerClient(emulator.connection).send(new CreateSecretCommand({ Name, SecretString }));
}

async function received(url = queueUrl) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, MessageSystemAttributeNames: ['All'] }),
  );
  return Messages.map(({ Body = '', Attributes }) => ({ message: JSON.parse(Body), attributes: Attributes }));
}

async function publish(change: Partial<typeof ENTRY>) {
  const { created_at: _created, updated_at: _updated, ...row } = { spec_hash: 'x', ...ENTRY, queue_url: queueUrl, ...change };
  await new Registry(document, names.table('algorithms')).publish(row, NOW);
}

beforeAll(async () => {
  emulator = await openEmulator();
  const { connection } = emulator;
  const dynamodb = new DynamoDBClient(connection);
  const s3 = new S3Client({ ...connection, forcePathStyle: true });
  sqs = new SQSClient(connection);
  document = DynamoDBDocumentClient.from(dynamodb);
  await createTable(dynamodb, names.table('algorithms'), 'algorithm_name');
  await createTable(dynamodb, names.table('jobs'), 'client_id', 'job_id');
  await createTable(dynamodb, names.table('clients'), 'key_hash');
  await createTable(dynamodb, names.table('images'), 'study', 'row');
  await createTable(dynamodb, names.table('connections'), 'client_id', 'row');
  await writeSeries(document, names.table('images'), INSTANCES);
  await createSecret(names.imagesKey, IMAGES_SECRET);
  await createSecret(names.pacsSecret('hospital'), '{"username":"mip","password":"p"}');
  hospital = await DicomwebServer.start();
  await s3.send(new CreateBucketCommand({ Bucket: names.bucket('results') }));
  await s3.send(new PutObjectCommand({ Bucket: names.bucket('results'), Key: file.key, Body: 'DICM' }));
  await new ClientTable(dynamodb, names.table('clients')).register(KEY, 'clinic-a', NOW);
  queueUrl = await createQueue();
  await publish({});
  const pacs = [{ name: 'hospital', url: `http://${hospital.host}/dicom-web`, credentials: true }];
  options = { connection, pacs, lookMs: 60_000, rowsKeptMs: 0 };
  app = createApp(awsPorts(scope, options), { part: 'router', maxRequestBytes: MOST_BYTES, log: { write: () => undefined } });
});

afterAll(async () => {
  await hospital.stop();
  await emulator.stop();
});

describe('the API on AWS', () => {
  it('puts record and message, and marks the job as queued', async () => {
    const answer = await post(app, REQUEST);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ state: 'queued', queued_at: expect.any(String) });
    const [only, ...others] = await received();
    expect(others).toEqual([]);
    expect(only?.message).toMatchObject({
      ...JOB,
      job_key: jobKey(JOB),
      pacs: PACS,
      parameters: { center: 40, width: 400, function: 'LINEAR' },
      delivery: 1,
    });
    expect(only?.attributes?.MessageGroupId).toBe(jobKey(JOB));
    expect((await get(app, '/jobs/job-1')).json()).toEqual(answer.json());
  });

  it('answers a repeat with the same job, another body with 409', async () => {
    const first = (await post(app, REQUEST)).json();
    expect((await post(app, REQUEST)).json()).toEqual(first);
    expect((await post(app, { ...REQUEST, parameters: {} })).statusCode).toBe(409);
    expect(await received()).toEqual([]);
  });

  it('puts a job on the queue of its version, whatever the weights become', async () => {
    const releaseUrl = await createQueue();
    const entry = { ...ENTRY.entry, version: '1.0.0', parameters: {} };
    const release = { version: '1.0.0', line: 'window-level-v1-0-0', queue_url: releaseUrl, image_uri: 'i', tree_hash: 't', entry };
    await publish({
      releases: [
        { ...release, weight: 100 },
        { version: '0.9.0', yanked: true },
      ],
    });
    const pinned = { ...REQUEST, job_id: 'pinned', parameters: {} };
    expect((await post(app, pinned, { url: '/process/window-level@1.0.0' })).json()).toMatchObject({ version: '1.0.0', state: 'queued' });
    const weighed = { ...pinned, job_id: 'weighed' };
    expect((await post(app, weighed)).json()).toMatchObject({ version: '1.0.0' });
    await publish({ releases: [release] });
    expect((await post(app, weighed)).json()).toMatchObject({ version: '1.0.0' });
    expect((await post(app, { ...REQUEST, job_id: 'default' })).json()).toMatchObject({ version: '1.2.0' });
    expect((await post(app, pinned, { url: '/process/window-level@0.9.0' })).statusCode).toBe(404);
    const jobs = (all: Awaited<ReturnType<typeof received>>) => all.map(({ message }) => message.job_id).sort();
    expect(jobs(await received(releaseUrl))).toEqual(['pinned', 'weighed']);
    expect(jobs(await received())).toEqual(['default']);
    await publish({});
    expect(await new Registry(document, names.table('algorithms')).get('window-level')).not.toHaveProperty('releases');
  });

  it('is 503 while the queue is missing; the repeat completes the job', async () => {
    const missing = await createQueue();
    await sqs.send(new DeleteQueueCommand({ QueueUrl: missing }));
    await publish({ queue_url: missing });
    const request = { ...REQUEST, job_id: 'job-2' };
    expect((await post(app, request)).statusCode).toBe(503);
    expect((await get(app, '/jobs/job-2')).json()).toMatchObject({ state: 'accepted' });
    await publish({});
    expect((await post(app, request)).json()).toMatchObject({ state: 'queued' });
    expect((await received()).map(({ message }) => message.job_id)).toEqual(['job-2']);
  });

  it('counts what a client sends, over all processes', async () => {
    const limits = { perMinute: 2, openJobs: 0 };
    const apps = [1, 2, 3].map(() =>
      createApp(awsPorts(scope, { ...options, limits }), { part: 'router', maxRequestBytes: MOST_BYTES, log: { write: () => undefined } }),
    );
    const statuses = await Promise.all(apps.map(async (one) => (await post(one, '{')).statusCode));
    expect(statuses.toSorted()).toEqual([400, 400, 429]);
  });

  it('goes by a row that it has just read', async () => {
    const keeping = createApp(awsPorts(scope, { ...options, rowsKeptMs: 60_000 }), {
      part: 'router',
      maxRequestBytes: MOST_BYTES,
      log: { write: () => undefined },
    });
    await post(keeping, { ...REQUEST, job_id: 'kept-1' });
    await publish({ status: 'inactive' });
    const [kept, read] = [await post(keeping, { ...REQUEST, job_id: 'kept-2' }), await post(app, { ...REQUEST, job_id: 'kept-3' })];
    await publish({});
    expect([kept.statusCode, read.statusCode]).toEqual([202, 409]);
    expect(await received()).toHaveLength(2);
  });

  it('leads to a result with the name and type of its record', async () => {
    const result = new UpdateCommand({
      TableName: names.table('jobs'),
      Key: JOB,
      UpdateExpression: 'SET #state = :state, results = :results REMOVE open_state',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':state': 'succeeded', ':results': [file] },
    });
    await document.send(result);
    const { href } = (await get(app, '/jobs/job-1/results/result-0001.dcm?redirect=false')).json();
    const answer = await fetch(href);
    expect(await answer.text()).toBe('DICM');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="result-0001.dcm"');
    expect(answer.headers.get('content-type')).toBe('application/dicom');
    expect((await get(app, '/jobs/job-1/results/result-0001.dcm')).headers.location).toContain(file.key);
  });

  it('is 503 when nothing answers there', async () => {
    const nowhere = { endpoint: 'http://127.0.0.1:9', credentials: emulator.connection.credentials };
    const lost = createApp(awsPorts(scope, { connection: nowhere }), {
      part: 'router',
      maxRequestBytes: MOST_BYTES,
      log: { write: () => undefined },
    });
    const answer = await post(lost, REQUEST);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBeDefined();
  });
});

describe('a look at the index of the image store', () => {
  const { study_uid, series_uid, instance_uid } = PACS;
  const patience = () => AbortSignal.timeout(10_000);

  function counting() {
    const sent: string[] = [];
    const send = (...given: Parameters<DynamoDBDocumentClient['send']>) => {
      sent.push(given[0].constructor.name);
      return document.send(...given);
    };
    const images = new BuiltInImages({
      document: { send } as Pick<DynamoDBDocumentClient, 'send'>,
      table: names.table('images'),
      imagesKey: async () => IMAGES_SECRET,
    });
    return { sent, images };
  }

  it.each([
    ['an instance', PACS, ['BatchGetCommand']],
    ['a series', { study_uid, series_uid }, ['QueryCommand', 'BatchGetCommand']],
    ['a study', { study_uid }, ['BatchGetCommand']],
    ['what is not there', { study_uid: '9', series_uid, instance_uid }, ['BatchGetCommand']],
  ])('reads for %s no more than it needs', async (_what, uids, reads) => {
    const { sent, images } = counting();
    await images.look(uids, patience());
    expect(sent).toEqual(reads);
  });

  it.each([
    ['an instance', PACS, { instance: INSTANCES[instance_uid] }],
    ['a series', { study_uid, series_uid }, { instances: 2 }],
    ['a study', { study_uid }, { modalities: ['CT'] }],
  ])('finds %s', async (_what, uids, found) => {
    expect(await counting().images.look(uids, patience())).toMatchObject({ kind: 'found', ...found });
  });

  it('knows the series of an instance whose metadata are not in the index', async () => {
    const found = await counting().images.look({ study_uid, series_uid, instance_uid: '1.2.3.4.6' }, patience());
    expect(found).toMatchObject({ kind: 'found', known: { '00080060': { Value: ['CT'] } } });
    expect(found).not.toHaveProperty('instance');
  });

  it.each([
    ['study', { study_uid: '9' }],
    ['study', { ...PACS, study_uid: '9' }],
    ['series', { study_uid, series_uid: '9' }],
    ['series', { ...PACS, series_uid: '9' }],
    ['instance', { ...PACS, instance_uid: '9' }],
    ['instance', { ...PACS, instance_uid: series_uid }],
  ])('misses the %s in %j', async (level, uids) => {
    expect(await counting().images.look(uids, patience())).toEqual({ kind: 'missing', level });
  });

  it('lets a job in, or says which level is missing', async () => {
    const admitted = await post(app, { ...REQUEST, job_id: 'seen' });
    expect([admitted.statusCode, admitted.json().admission]).toEqual([202, { state: 'checked', warnings: [] }]);
    const missing = await post(app, { ...REQUEST, job_id: 'unseen', pacs: { ...PACS, instance_uid: '9' } });
    expect([missing.statusCode, missing.json().detail]).toEqual([404, 'The PACS has no such instance.']);
    await received();
  });

  it('lets a job in that it cannot judge: no table, and so on', async () => {
    const elsewhere = new BuiltInImages({ document, table: 'nowhere', imagesKey: async () => IMAGES_SECRET });
    await expect(elsewhere.look(PACS, patience())).rejects.toThrow();
    const keyless = new BuiltInImages({ document, table: names.table('images'), imagesKey: () => new Promise(() => undefined) });
    await expect(keyless.look(PACS, AbortSignal.timeout(10))).rejects.toThrow();
  });
});

describe('a look at another PACS', () => {
  const request = { ...REQUEST, pacs: { ...PACS, source: 'hospital' } };

  it('goes there with the credentials of its secret, and the worker is told', async () => {
    const answer = await post(app, { ...request, job_id: 'hospital-1' });
    expect([answer.statusCode, answer.json().admission]).toEqual([202, { state: 'checked', warnings: [] }]);
    expect(hospital.headers[0]?.authorization).toBe(`Basic ${Buffer.from('mip:p').toString('base64')}`);
    expect((await received())[0]?.message.pacs).toEqual(request.pacs);
  });

  it('that never answers leaves the job to the worker', async () => {
    hospital.fault = () => true;
    const { lookMs: _long, ...usual } = options;
    const impatient = createApp(awsPorts(scope, usual), { part: 'router', maxRequestBytes: MOST_BYTES, log: { write: () => undefined } });
    const answer = await post(impatient, { ...request, job_id: 'hospital-2' });
    expect([answer.statusCode, answer.json().admission.state]).toEqual([202, 'deferred']);
    expect(await received()).toHaveLength(1);
  });

  it('that has no such instance is 404', async () => {
    hospital.fault = () => false;
    const answer = await post(app, { ...request, job_id: 'hospital-3', pacs: { ...request.pacs, instance_uid: '9' } });
    expect([answer.statusCode, answer.json().detail]).toEqual([404, 'The PACS has no such instance.']);
  });
});
