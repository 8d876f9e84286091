/** A queue, a table, two buckets and a proxy of their own for workers that are treated badly, and what is left there afterwards. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DeadLetters } from '@mip/api/dead-letters';
import { sqsEvents } from '@mip/api/sqs-events';
import type { SweeperPorts } from '@mip/api/sweeper';
import { deduplicationId, endOf, isOpen, type JobEvent, type JobMessage, type JobRecord, JobTable, jobKey } from '@mip/registry';
import { hashUid } from '@mip/registry/image-keys';
import type { TestEmulator } from '../../emulator.ts';
import { BY_OPEN_STATE, createTable } from '../../tables.ts';
import type { WireCall } from '../call.ts';
import { FaultProxy } from '../proxy.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const PYTHON = join(ROOT, '.venv', 'bin', 'python');
const IMAGE = { study: '1.2.3', series: '1.2.3.4', instance: '1.2.3.4.5' };
const KEY = 'T9c0vQm2rXn5sLk8wZb1yHd4uJf7aGe3';
const DIGEST = `sha256:${'ab'.repeat(32)}`;
const ACCEPTED_AT = '2024-01-31T10:00:00.000Z';
export const CLIENT = 'viewer';
/** Seconds: what is 60 in AWS. */
export const VISIBILITY = 2;

let image: Buffer | undefined;

/** A small CT, made by the SDK's own tests. */
function smallImage(): Buffer {
  const script = 'import sys, numpy as np; from made import ct; sys.stdout.buffer.write(ct(np.arange(64, dtype=np.int16).reshape(8, 8)))';
  const PYTHONPATH = ['algorithms/sdk', 'algorithms/sdk/tests'].map((folder) => join(ROOT, folder)).join(':');
  image ??= execFileSync(PYTHON, ['-c', script], { env: { PYTHONPATH } });
  return image;
}

/** What came of the jobs of a place. */
export interface Balance {
  readonly sent: number;
  /** Jobs that ended, by one write of one worker. */
  readonly finishedOnce: number;
  /** Jobs that never ended. */
  readonly lost: number;
  /** Ends and result files beyond the first of each job. */
  readonly doubled: number;
  /** Temporary files, and processes that outlived their worker. */
  readonly left: number;
}

export interface WorkerOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** A guard of `without/sitecustomize.py` that is taken away. */
  readonly without?: string | undefined;
}

export class Place {
  readonly proxy: FaultProxy;
  readonly table: JobTable;
  readonly jobs: string[] = [];
  readonly queueUrl: string;
  readonly deadUrl: string;
  readonly eventsUrl: string;
  readonly sqs: SQSClient;
  readonly #name: string;
  readonly #connection: TestEmulator['connection'];
  readonly #s3: S3Client;
  readonly #folder: string;
  readonly #pids = new Set<number>();
  /** Jobs that were seen to have ended: no job is ever open again. */
  readonly #settled = new Set<string>();
  readonly #processes = new Set<ChildProcess>();
  /** Ends that were written, by job id. */
  readonly #ends = new Map<string, number>();

  private constructor(name: string, emulator: TestEmulator, proxy: FaultProxy, urls: Awaited<ReturnType<typeof makeQueues>>) {
    this.#name = name;
    this.#connection = emulator.connection;
    this.proxy = proxy;
    this.table = new JobTable(new DynamoDBClient(emulator.connection), name);
    this.sqs = new SQSClient(emulator.connection);
    this.#s3 = new S3Client({ ...emulator.connection, forcePathStyle: true });
    this.#folder = join(tmpdir(), name);
    this.queueUrl = urls.queueUrl;
    this.deadUrl = urls.deadUrl;
    this.eventsUrl = urls.eventsUrl;
    for (const folder of ['tmp', 'marks']) mkdirSync(join(this.#folder, folder), { recursive: true });
    proxy.onAnswer = (call, status) => this.#sees(call, status);
  }

  static async open(emulator: TestEmulator): Promise<Place> {
    const name = `w${randomBytes(5).toString('hex')}`;
    const urls = await makeQueues(emulator, name);
    await createTable(new DynamoDBClient(emulator.connection), name, 'client_id', 'job_id', [BY_OPEN_STATE]);
    const s3 = new S3Client({ ...emulator.connection, forcePathStyle: true });
    for (const bucket of ['images', 'results']) await s3.send(new CreateBucketCommand({ Bucket: `${name}-${bucket}` }));
    const { study, series, instance } = IMAGE;
    const [S, E, I] = [hashUid(KEY, 'study', study), hashUid(KEY, 'series', series), hashUid(KEY, 'instance', instance)];
    const octets = smallImage();
    const key = `instances/${S}/${E}/${I}/upload.dcm`;
    await s3.send(new PutObjectCommand({ Bucket: `${name}-images`, Key: key, Body: octets }));
    await putRow(emulator, `${name}-images`, { study: S, row: `instance/${E}/${I}`, key, octets });
    return new Place(name, emulator, await FaultProxy.open(emulator.connection.endpoint), urls);
  }

  /** The folder of the marks that the test algorithm makes. */
  mark(jobId: string): string {
    return join(this.#folder, 'marks', jobId);
  }

  /** Record and message, as the router leaves them. */
  async send(jobId: string, parameters: JobMessage['parameters'] = {}): Promise<void> {
    const { study: study_uid, series: series_uid, instance: instance_uid } = IMAGE;
    const identity = { client_id: CLIENT, job_id: jobId };
    const shared = {
      ...{ ...identity, job_key: jobKey(identity), algorithm: 'obedient', version: '1.0.0', delivery: 1, purpose: 'clinical' as const },
      ...{ pacs: { study_uid, series_uid, instance_uid }, accepted_at: ACCEPTED_AT },
      parameters: { mark: this.mark(jobId), ...parameters },
    };
    const digest = `sha256:${'00'.repeat(32)}`;
    const record: JobRecord = {
      ...shared,
      state: 'accepted',
      open_state: 'accepted',
      attempts: 0,
      request_digest: digest,
      updated_at: ACCEPTED_AT,
    };
    this.jobs.push(jobId);
    await this.table.accept(record);
    await this.sendText(JSON.stringify({ schema: 'job-message/1', ...shared }), shared.job_key, deduplicationId(identity, 1));
    await this.table.markQueued(identity, new Date());
  }

  /** What a sweeper works on here, through the proxy, with a clock that is ahead: what takes minutes in AWS is over. */
  sweeper(aheadMinutes: number): SweeperPorts {
    const dynamodb = new DynamoDBClient({ ...this.#connection, endpoint: this.proxy.endpoint });
    return {
      jobs: new JobTable(dynamodb, this.#name),
      letters: new DeadLetters(this.sqs, 0),
      requests: {
        send: (_url, message) => this.sendText(JSON.stringify(message), message.job_key, deduplicationId(message, message.delivery)),
      },
      events: sqsEvents(this.sqs, `${this.#name}-results.fifo`),
      waker: { wake: async () => undefined },
      names: { requestQueue: () => `${this.#name}-requests.fifo`, deadLetterQueue: () => `${this.#name}-requests-dlq.fifo` },
      now: () => new Date(Date.now() + aheadMinutes * 60_000),
    };
  }

  async sendText(body: string, group: string, id: string): Promise<void> {
    await this.sqs.send(
      new SendMessageCommand({ QueueUrl: this.queueUrl, MessageBody: body, MessageGroupId: group, MessageDeduplicationId: id }),
    );
  }

  async record(jobId: string): Promise<JobRecord> {
    const record = await this.table.get({ client_id: CLIENT, job_id: jobId });
    if (!record) throw new Error(`there is no job ${jobId}`);
    return record;
  }

  /** A worker of one child, unless the environment says otherwise, whose calls go through the proxy. */
  start({ environment = {}, without }: WorkerOptions = {}): TestWorker {
    const file = join(this.#folder, `worker-${this.#processes.size}.log`);
    const log = openSync(file, 'a');
    const process = spawn(PYTHON, ['-m', 'mip_sdk'], {
      env: { ...this.#variables(), ...(without !== undefined && { MIP_TEST_WITHOUT: without }), ...environment },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#processes.add(process);
    return new TestWorker(process, file, this.#pids);
  }

  /** What the workers of this place logged. */
  lines(): readonly Readonly<Record<string, unknown>>[] {
    return this.#log()
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  }

  /** What they printed beside that: a traceback. */
  complaints(): string {
    return this.#log()
      .filter((line) => line !== '' && !line.startsWith('{'))
      .join('\n');
  }

  #log(): readonly string[] {
    const files = readdirSync(this.#folder).filter((file) => file.endsWith('.log'));
    return files.flatMap((file) => readFileSync(join(this.#folder, file), 'utf8').split('\n'));
  }

  /** Waits until every job has ended and every message is gone. False when that takes too long. */
  async settled(seconds: number): Promise<boolean> {
    const open = new Set(this.jobs.filter((job) => !this.#settled.has(job)));
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(150)) {
      for (const job of open) {
        if (isOpen((await this.record(job)).state)) break;
        open.delete(job);
        this.#settled.add(job);
      }
      if (open.size === 0 && (await this.messages()) === 0) return true;
    }
    return false;
  }

  /** Messages on the request queue, seen or not. */
  async messages(url = this.queueUrl): Promise<number> {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes } = await this.sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }));
    return names.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
  }

  /** The ends that were told: `job.succeeded job-1`. */
  async #told(): Promise<ReadonlySet<string>> {
    const told = new Set<string>();
    for (;;) {
      const receive = new ReceiveMessageCommand({ QueueUrl: this.eventsUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 });
      const { Messages = [] } = await this.sqs.send(receive);
      if (Messages.length === 0) return told;
      for (const { Body = '', ReceiptHandle } of Messages) {
        const { type, job_id } = JSON.parse(Body) as JobEvent;
        told.add(`${type} ${job_id}`);
        await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.eventsUrl, ReceiptHandle }));
      }
    }
  }

  /** Ends what still runs, then counts what is left. */
  async balance(): Promise<Balance> {
    const records = await Promise.all(this.jobs.map((job) => this.record(job)));
    const told = await this.#told();
    const lost = records.filter((record) => isOpen(record.state) || !told.has(`${endOf(record.state)} ${record.job_id}`)).length;
    const listed = records.flatMap(({ results = [] }) => results.map(({ key }) => key));
    const stored = await this.#stored();
    const ends = this.jobs.map((job) => this.#ends.get(job) ?? 0);
    // `algorithms/{algorithm}/jobs/{job_key}/{image}/{file}`: a file of a job is there once, also of one that ended as dead.
    const files = new Set(stored.map((key) => key.split('/').toSpliced(4, 1).join('/')));
    const extra = ends.reduce((sum, count) => sum + Math.max(0, count - 1), 0) + stored.length - files.size;
    const missing = listed.filter((key) => !stored.includes(key)).length;
    return {
      sent: this.jobs.length,
      finishedOnce: ends.filter((count) => count === 1).length,
      lost: lost + missing,
      doubled: extra,
      left: readdirSync(join(this.#folder, 'tmp')).length + (await this.#orphans()),
    };
  }

  async close(): Promise<void> {
    for (const process of this.#processes) process.kill('SIGKILL');
    for (const pid of this.#pids) kill(pid);
    await this.proxy.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #stored(): Promise<readonly string[]> {
    const keys: string[] = [];
    for (let ContinuationToken: string | undefined; ; ) {
      const page = await this.#s3.send(new ListObjectsV2Command({ Bucket: `${this.#name}-results`, ContinuationToken }));
      keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      ContinuationToken = page.NextContinuationToken;
      if (!ContinuationToken) return keys;
    }
  }

  /** Children that outlive their worker by seconds: one that has just started looks for its parent as soon as it can. */
  async #orphans(): Promise<number> {
    for (let looks = 0; ; looks += 1) {
      const workers = [...this.#processes].flatMap(({ pid, exitCode, signalCode }) =>
        exitCode === null && signalCode === null ? (pid ?? []) : [],
      );
      const orphans = [...this.#pids].filter((pid) => isOrphan(pid, workers)).length;
      if (orphans === 0 || looks === 50) return orphans;
      await sleep(100);
    }
  }

  #sees(call: WireCall, status: number): void {
    const { values, key } = updateOf(call);
    if (status !== 200 || key === undefined || !['succeeded', 'failed', 'dead'].includes(values[':state']?.S ?? '')) return;
    this.#ends.set(key, (this.#ends.get(key) ?? 0) + 1);
  }

  #variables(): Record<string, string> {
    const here = import.meta.dirname;
    return {
      ...{
        PATH: process.env.PATH ?? '',
        PYTHONPATH: `${join(here, 'without')}:${join(ROOT, 'algorithms/sdk')}`,
        PYTHONDONTWRITEBYTECODE: '1',
      },
      ...{ AWS_ENDPOINT_URL: this.proxy.endpoint, AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ MIP_ALGORITHM: 'obedient', MIP_VERSION: '1.0.0', MIP_IMAGE_DIGEST: DIGEST, MIP_PLATFORM: 'local', MIP_IMAGES_KEY: KEY },
      ...{ MIP_QUEUE_URL: this.#through(this.queueUrl), MIP_DEAD_LETTER_URL: this.#through(this.deadUrl), MIP_JOBS_TABLE: this.#name },
      ...{
        MIP_IMAGES_BUCKET: `${this.#name}-images`,
        MIP_IMAGES_TABLE: `${this.#name}-images`,
        MIP_RESULTS_BUCKET: `${this.#name}-results`,
        MIP_RESULTS_QUEUE: `${this.#name}-results.fifo`,
        MIP_THREADS: '1',
      },
      ...{ MIP_ALGORITHM_DIR: join(here, 'algorithm'), MIP_VISIBILITY: String(VISIBILITY), MIP_CHILDREN: '1', MIP_STOP_GRACE: '5' },
      ...{ TMPDIR: join(this.#folder, 'tmp'), OPENBLAS_NUM_THREADS: '1' },
    };
  }

  #through(url: string): string {
    return `${this.proxy.endpoint}${new URL(url).pathname}`;
  }
}

/** A worker process. */
export class TestWorker {
  readonly process: ChildProcess;
  readonly #log: string;
  readonly #pids: Set<number>;

  constructor(process: ChildProcess, log: string, pids: Set<number>) {
    this.process = process;
    this.#log = log;
    this.#pids = pids;
  }

  /** Whether it runs and has had a job: on a slow machine a start takes long, and to kill what has not started shows nothing. */
  get busy(): boolean {
    return this.running && readFileSync(this.#log, 'utf8').includes('job-started');
  }

  get running(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Its children. */
  children(): readonly number[] {
    const pids = this.running ? pidsOf(this.process.pid ?? 0) : [];
    for (const pid of pids) this.#pids.add(pid);
    return pids;
  }

  /** Resolves with its exit code when it has ended by itself, or by what was done to it. */
  async ended(): Promise<number | null> {
    if (this.running) await once(this.process, 'exit');
    return this.process.exitCode;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.children();
    this.process.kill('SIGKILL');
    if (this.running) await once(this.process, 'exit');
  }

  killChildren(): void {
    for (const pid of this.children()) kill(pid);
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    this.children();
    if (!this.running) return this.process.exitCode;
    const exit = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    const [code] = await exit;
    return code as number | null;
  }
}

/** What an UpdateItem says: the values that it sets, and the job that it is about. */
export function updateOf({ operation, input }: WireCall): { values: Readonly<Record<string, { S?: string }>>; key?: string } {
  if (operation !== 'dynamodb:UpdateItem') return { values: {} };
  const values = (input.ExpressionAttributeValues ?? {}) as Record<string, { S?: string }>;
  const key = (input.Key as { job_id?: { S?: string } } | undefined)?.job_id?.S;
  return { values, ...(key !== undefined && { key }) };
}

function pidsOf(parent: number): readonly number[] {
  try {
    return execFileSync('pgrep', ['-P', String(parent)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return []; // pgrep ends with 1 where there are none
  }
}

/** Alive, and no child of a worker that is. */
function isOrphan(pid: number, workers: readonly number[]): boolean {
  try {
    const [state = '', parent] = execFileSync('ps', ['-o', 'stat=,ppid=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/);
    return !state.startsWith('Z') && !workers.includes(Number(parent));
  } catch {
    return false; // ps ends with 1 where there is none
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone
  }
}

async function makeQueues({ connection }: TestEmulator, name: string): Promise<{ queueUrl: string; deadUrl: string; eventsUrl: string }> {
  const sqs = new SQSClient(connection);
  const fifo = {
    FifoQueue: 'true',
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
    VisibilityTimeout: '900',
  };
  const dead = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-requests-dlq.fifo`, Attributes: fifo }));
  const asked = new GetQueueAttributesCommand({ QueueUrl: dead.QueueUrl, AttributeNames: ['QueueArn'] });
  const deadLetterTargetArn = (await sqs.send(asked)).Attributes?.QueueArn;
  const Attributes = { ...fifo, RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 }) };
  const requests = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-requests.fifo`, Attributes }));
  const events = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-results.fifo`, Attributes: fifo }));
  return { queueUrl: requests.QueueUrl ?? '', deadUrl: dead.QueueUrl ?? '', eventsUrl: events.QueueUrl ?? '' };
}

/** The part of the image store's index that a worker reads. */
async function putRow(
  { connection }: TestEmulator,
  TableName: string,
  { study, row, key, octets }: { study: string; row: string; key: string; octets: Buffer },
): Promise<void> {
  const dynamodb = new DynamoDBClient(connection);
  await createTable(dynamodb, TableName, 'study', 'row');
  const sha256 = createHash('sha256').update(octets).digest('hex');
  const Item = { ...{ study: { S: study }, row: { S: row }, key: { S: key }, sha256: { S: sha256 } }, size: { N: String(octets.length) } };
  await dynamodb.send(new PutItemCommand({ TableName, Item }));
}
