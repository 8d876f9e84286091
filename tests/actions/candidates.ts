/**
 * What ECS would run of a candidate: the worker, as a process for each task that a rollout asks for, with the sources of the branch `main`.
 * The emulator itself runs nothing, and the images that the tests push hold nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeTaskDefinitionCommand, DescribeTasksCommand, ECSClient, type KeyValuePair, ListTasksCommand } from '@aws-sdk/client-ecs';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createTable } from '../tables.ts';
import type { Place } from './place.ts';

const PYTHON = join(import.meta.dirname, '..', '..', '.venv', 'bin', 'python');
const LOOK_EVERY_MS = 300;

export class Candidates {
  readonly #place: Place;
  readonly #ecs: ECSClient;
  readonly #processes = new Map<string, ChildProcess>();
  readonly #stopping = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  private constructor(place: Place) {
    this.#place = place;
    this.#ecs = new ECSClient(place.connection);
  }

  /** Makes what of a platform a candidate works with, and watches from now on. */
  static async open(place: Place): Promise<Candidates> {
    const { connection, names } = place;
    await createTable(new DynamoDBClient(connection), names.table('jobs'), 'client_id', 'job_id');
    const s3 = new S3Client({ ...connection, forcePathStyle: true });
    for (const bucket of ['images', 'results'] as const) await s3.send(new CreateBucketCommand({ Bucket: names.bucket(bucket) }));
    const candidates = new Candidates(place);
    candidates.#loop = candidates.#watch();
    return candidates;
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await Promise.all([...this.#processes.values()].map(ended));
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#look();
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    const { cluster } = this.#place.names;
    const { taskArns = [] } = await this.#ecs.send(new ListTasksCommand({ cluster, desiredStatus: 'RUNNING' }));
    for (const [arn, process] of this.#processes) if (!taskArns.includes(arn)) process.kill('SIGTERM');
    const fresh = taskArns.filter((arn) => !this.#processes.has(arn));
    if (fresh.length === 0) return;
    const { tasks = [] } = await this.#ecs.send(new DescribeTasksCommand({ cluster, tasks: fresh }));
    for (const { taskArn = '', taskDefinitionArn, startedBy = '', overrides } of tasks)
      if (startedBy.startsWith('candidate/')) {
        const { taskDefinition } = await this.#ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: taskDefinitionArn }));
        const [container] = taskDefinition?.containerDefinitions ?? [];
        const [override] = overrides?.containerOverrides ?? [];
        this.#processes.set(taskArn, this.#start({ ...variables(container?.environment), ...variables(override?.environment) }));
      }
  }

  #start(given: Record<string, string>): ChildProcess {
    const { endpoint, region } = this.#place.connection;
    const sources = this.#place.checkOut('main');
    const algorithm = join(sources, 'algorithms', given.MIP_ALGORITHM ?? '');
    const env = {
      ...{ PATH: process.env.PATH ?? '', LANG: 'C.UTF-8', ...given, MIP_IMAGES_KEY: 'none is read by it' },
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: region, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ PYTHONPATH: `${join(sources, 'algorithms/sdk')}:${algorithm}`, MIP_ALGORITHM_DIR: algorithm },
    };
    return spawn(PYTHON, ['-B', '-m', 'mip_sdk'], { env, stdio: 'ignore' });
  }
}

function variables(pairs: readonly KeyValuePair[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name = '', value = '' }) => [name, value]));
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  process.kill('SIGKILL');
  await once(process, 'exit');
}
