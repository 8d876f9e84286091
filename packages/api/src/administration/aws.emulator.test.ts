/** The history of runs and the look for images, against an emulator's S3 and ECR. */
import { randomUUID } from 'node:crypto';
import { CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type RunRecord, record } from '@mip/reconcile/history';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../../tests/emulator.ts';
import { ecrRegistries } from './aws.ts';
import { S3RunHistory } from './runs.ts';

const bucket = `t${randomUUID()}`;
const NOW = new Date('2024-03-05T10:00:00.000Z');
/** Two in one month, none in the next two years and more, then one after the other. */
const TIMES = [
  '2021-06-01T00:00:00.000Z',
  '2021-06-30T23:59:59.999Z',
  '2023-12-31T23:59:59.999Z',
  '2024-01-01T00:00:00.000Z',
  '2024-03-01T08:00:00.000Z',
  '2024-03-05T09:00:00.000Z',
];

let emulator: TestEmulator;
let s3: S3Client;
let history: S3RunHistory;

const run = (started_at: string, index: number) =>
  ({
    schema: 'run/1',
    state: index === 0 ? 'failed' : 'done',
    started_at,
    commit: String(index).repeat(40),
    holder: 'Zoë’s laptop',
    plan: { digest: `sha256:${'abcdef012345'.repeat(6)}` },
  }) as unknown as RunRecord;

beforeAll(async () => {
  emulator = await openEmulator();
  s3 = new S3Client({ ...emulator.connection, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  history = new S3RunHistory(s3, bucket, () => NOW);
});
afterAll(() => emulator.stop());

describe('the history of runs', () => {
  it('of a platform that never changed is empty', async () => {
    expect(await history.page({ limit: 5 })).toEqual({ runs: [] });
  });

  it('is what reconcile wrote, the newest first, in pages that end', async () => {
    for (const [index, time] of TIMES.entries()) await record(s3, bucket, run(time, index));
    const seen: string[] = [];
    let before: string | undefined;
    let pages = 0;
    do {
      const { runs, next } = await history.page({ limit: 2, before });
      expect(runs.length).toBeLessThanOrEqual(2);
      seen.push(...runs.map(({ started_at, state, commit }) => `${started_at} ${state} ${commit?.[0]}`));
      before = next;
    } while (before !== undefined && ++pages < 20);
    expect(seen).toEqual(TIMES.map((time, index) => `${time} ${index === 0 ? 'failed' : 'done'} ${index}`).toReversed());
    expect(pages).toBeLessThan(6);
  });

  it('gives a record as it was written, and nothing for another', async () => {
    const [newest] = (await history.page({ limit: 1 })).runs;
    expect(JSON.parse((await history.read(newest?.id ?? '')) ?? '')).toEqual(run(TIMES.at(-1) ?? '', TIMES.length - 1));
    expect(await history.read('2024-03-05T09:00:00.000Z-000000000000')).toBeUndefined();
  });
});

describe('an image', () => {
  it('is found by its tag and by its digest, and another is not', async () => {
    const ecr = new ECRClient(emulator.connection);
    const repository = `clinic/seg-${randomUUID().slice(0, 8)}`;
    await ecr.send(new CreateRepositoryCommand({ repositoryName: repository }));
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', layers: [] });
    const { image } = await ecr.send(new PutImageCommand({ repositoryName: repository, imageTag: 'v1', imageManifest }));
    const digest = image?.imageId?.imageDigest ?? '';
    const { digest: ask } = ecrRegistries((region) => new ECRClient({ ...emulator.connection, region }));
    const of = { account: '000000000000', region: 'eu-central-1', repository };
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await ask({ ...of, reference: { tag: 'v1' } })).toBe(digest);
    expect(await ask({ ...of, reference: { digest } })).toBe(digest);
    expect(await ask({ ...of, reference: { tag: 'v2' } })).toBeUndefined();
    expect(await ask({ ...of, reference: { digest: `sha256:${'0'.repeat(64)}` } })).toBeUndefined();
    expect(await ask({ ...of, repository: 'none', reference: { tag: 'v1' } })).toBeUndefined();
  });
});
