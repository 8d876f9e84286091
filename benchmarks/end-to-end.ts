/**
 * From POST to stored result, both algorithms, beside a bare loop that makes the same AWS calls against the same emulator in the
 * same run. The loop validates nothing and processes nothing: it stores a result that MIP computed before. What the ratio shows is
 * how much MIP adds to its AWS calls.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ApiClient } from '@mip/api/client';
import { type InstanceUids, StowClient } from '@mip/image-store';
import { ImageIndex } from '@mip/image-store/image-index';
import { physicalNames } from '@mip/registry';
import { Cloud, testImage } from '../tests/cloud.ts';
import { BareLoop } from './peers/bare-loop.ts';
import { median, type Row } from './row.ts';

const JOBS = 40;
const ROUNDS = 3;
const REGION = 'eu-central-1';
const names = physicalNames({ prefix: 'mip', account: '000000000000', region: REGION, platform: 'local' });

interface Case {
  readonly name: string;
  readonly algorithm: string;
  readonly file: string;
  readonly parameters: Record<string, number>;
}

const CASES: readonly Case[] = [
  {
    name: 'window-level, abdominal CT 512²',
    algorithm: 'window-level',
    file: 'explicit_VR-UN.dcm',
    parameters: { center: 40, width: 400 },
  },
  { name: 'grayscale, RGB', algorithm: 'grayscale', file: 'SC_rgb.dcm', parameters: {} },
];

/** Runs MIP and the bare loop in turns; each round's pair gives one ratio. */
export async function run(log: (line: string) => void): Promise<readonly Row[]> {
  const cloud = new Cloud();
  try {
    if ((await cloud.start()) !== undefined) throw new Error(`the local cloud did not start:\n${cloud.printed}`);
    const rows: Row[] = [];
    for (const one of CASES) rows.push(...(await measure(one, cloud.environment, log)));
    return rows;
  } finally {
    await cloud.remove();
  }
}

async function measure(one: Case, environment: Record<string, string>, log: (line: string) => void): Promise<readonly Row[]> {
  const connection = {
    region: REGION,
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  const secret = await new SecretsManagerClient(connection).send(new GetSecretValueCommand({ SecretId: names.imagesKey }));
  const store = new StowClient({ url: environment.MIP_DICOMWEB_URL ?? '', key: environment.MIP_API_KEY ?? '' });
  const uids = await store.put(readFileSync(testImage(one.file)));
  const table = names.table('images');
  const index = new ImageIndex({ dynamodb: new DynamoDBClient(connection), table, secret: secret.SecretString ?? '' });
  const client = new ApiClient({ url: environment.MIP_API_URL ?? '', key: environment.MIP_API_KEY ?? '' });
  const [sample] = await submitAll(client, one, uids, 1);
  const loop = await BareLoop.prepare({
    connection,
    names,
    imageKey: (await index.instance(uids))?.key ?? '',
    sample: sample ?? '',
    clientId: environment.MIP_CLIENT_ID ?? '',
    algorithm: one.algorithm,
  });
  const mip: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    mip.push(await timed(() => submitAll(client, one, uids, JOBS)));
    bare.push(await timed(() => loop.run(JOBS)));
    log(
      `${one.name}, round ${round + 1} of ${ROUNDS}: MIP ${mip.at(-1)?.toFixed(0)} ms, bare loop ${bare.at(-1)?.toFixed(0)} ms for ${JOBS} jobs`,
    );
  }
  await loop.assertSameResults(JOBS * ROUNDS);
  await loop.remove();
  const perSecond = (times: readonly number[]) => (JOBS * 1000) / median(times);
  const ratio = median(mip.map((time, index) => (bare[index] ?? Number.NaN) / time));
  return [
    {
      case: one.name,
      unit: 'jobs/s',
      mip: perSecond(mip),
      peer: perSecond(bare),
      peer_name: 'bare loop of the same AWS calls',
      ratio,
      goal: null,
      holds: true,
    },
  ];
}

/** Posts `count` jobs, four at a time, and waits until every result is stored. Returns the job ids. */
async function submitAll(client: ApiClient, one: Case, uids: InstanceUids, count: number): Promise<readonly string[]> {
  const pacs = { study_uid: uids.study, series_uid: uids.series, instance_uid: uids.instance };
  const ids = Array.from({ length: count }, () => `bench-${randomUUID()}`);
  const waiting = [...ids];
  const post = async () => {
    for (let id = waiting.pop(); id; id = waiting.pop())
      await client.submit(one.algorithm, { job_id: id, pacs, parameters: one.parameters });
  };
  await Promise.all([post(), post(), post(), post()]);
  for (const id of ids) {
    const job = await client.wait(id, 60_000);
    if (job.state !== 'succeeded') throw new Error(`job ${id} ${job.state}: ${job.error?.message}`);
  }
  return ids;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
