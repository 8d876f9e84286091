/** The same story on the emulator and in memory: what the fake says of AWS has to hold before something that speaks AWS's protocols. */
import { createHash, randomBytes } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { Registry } from '@mip/registry';
import { physicalNames } from '@mip/registry/names';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { type Aws, makeAws } from './aws/clients.ts';
import { readFacts } from './aws/facts.ts';
import type { ImageOrder } from './aws/images.ts';
import { type Platform, platformIn } from './platform.ts';
import { apply, type Input, plan } from './reconcile.ts';
import type { Report } from './run.ts';
import { algorithm, FACTS, imported, input, NOW, run, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';

const PREFIX = `t${randomBytes(4).toString('hex')}`; // the emulator may be shared
const ACCOUNT = '000000000000';
const REGION = 'eu-central-1';
const FILE = { name: 'test', catalog_id: PREFIX, prefix: PREFIX, account: ACCOUNT, images: { version_tags: 'mutable' as const } };
const NAMES = physicalNames({ prefix: PREFIX, account: ACCOUNT, region: REGION, platform: 'test' });

let emulator: TestEmulator;
let platform: Platform;

beforeAll(async () => {
  emulator = await openEmulator();
  const ssm = new SSMClient(emulator.connection);
  const Value = JSON.stringify({ ...FACTS, cluster: NAMES.cluster });
  await ssm.send(new PutParameterCommand({ Name: NAMES.platformFacts, Type: 'String', Value }));
  await new ECSClient(emulator.connection).send(new CreateClusterCommand({ clusterName: NAMES.cluster }));
  await createTable(NAMES.table('algorithms'), 'algorithm_name');
  await createTable(NAMES.table('leases'), 'lease');
  await new S3Client({ ...emulator.connection, forcePathStyle: true }).send(
    new CreateBucketCommand({ Bucket: NAMES.bucket('reconciles') }),
  );
  platform = platformIn(REGION, FILE, await readFacts(ssm, NAMES));
  await ssm.send(new DeleteParameterCommand({ Name: NAMES.platformFacts }));
});
afterAll(() => emulator.stop());

async function createTable(TableName: string, AttributeName: string): Promise<void> {
  const KeySchema = [{ AttributeName, KeyType: 'HASH' as const }];
  const AttributeDefinitions = [{ AttributeName, AttributeType: 'S' as const }];
  const command = new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', KeySchema, AttributeDefinitions });
  await new DynamoDBClient(emulator.connection).send(command);
}

/** Pushes an image without layers, as any OCI client does: blob by blob, then the manifest under its tag. */
async function push({ repositoryUri, tag, treeHash }: ImageOrder): Promise<string> {
  const base = `${emulator.connection.endpoint}/v2/${repositoryUri.slice(repositoryUri.indexOf('/') + 1)}`;
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, treeHash }));
  const upload = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const target = new URL(upload.headers.get('location') ?? '', base);
  target.searchParams.set('digest', digestOf(config));
  expect((await fetch(target, { method: 'PUT', body: config })).status).toBe(201);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [],
      annotations: { 'mip.tree-hash': treeHash },
    }),
  );
  const put = await fetch(`${base}/manifests/${tag}`, { method: 'PUT', body: manifest, headers: { 'content-type': OCI_MANIFEST } });
  expect(put.status).toBe(201);
  return digestOf(manifest);
}

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

async function reconcile(wanted: Input): Promise<{ report: Report; aws: Aws }> {
  const aws = makeAws(emulator.connection, { publish: push });
  const report = await apply(aws, await plan(aws, { ...wanted, platform }), { commit: 'c0ffee', now: () => now });
  return { report, aws };
}

/** What a run did, without names that depend on the prefix. */
function told({ outcomes, calls, plan: { changes } }: Report) {
  return {
    outcomes: outcomes.map(
      ({ algorithm, kind, action, result, reason }) => `${algorithm}: ${action} ${kind} ${result} ${reason.replaceAll(PREFIX, 'mip')}`,
    ),
    fields: changes.flatMap(({ action, fields }) => (action === 'update' ? fields.map(({ path }) => path) : [])),
    calls: calls.map(({ service, operation, count, retries }) => `${service}:${operation} ${count}, ${retries} again`),
  };
}

/** Both clocks stand at the same time, and move a minute from step to step, so that what drains can go. */
let now = new Date(NOW);

describe('on the emulator as in memory', () => {
  const resized = algorithm('seg', { cpu: 2048, memory: 4096, version: '1.1.0', queue: { max_receives: 5 } });
  const steps: readonly (readonly [string, Input])[] = [
    ['two new algorithms', input([algorithm('seg'), imported('other')])],
    ['nothing new', input([algorithm('seg'), imported('other')])],
    ['a new version in another size', input([resized, imported('other')], { treeHashes: new Map([['seg', treeHash('seg', 2)]]) })],
    ['one that left', input([resized], { treeHashes: new Map([['seg', treeHash('seg', 2)]]) })],
    ['one that left, a minute later', input([resized], { treeHashes: new Map([['seg', treeHash('seg', 2)]]) })],
    ['the same once more', input([resized], { treeHashes: new Map([['seg', treeHash('seg', 2)]]) })],
  ];
  const memory = new MemoryAws();

  it.each(steps)('%s: the same outcomes by the same calls', async (_, wanted) => {
    now = new Date(now.getTime() + 60_000);
    memory.world.now = now.getTime();
    const expected = await run(memory, { ...wanted, platform: { ...wanted.platform, tagPolicy: 'mutable' } });
    const { report } = await reconcile(wanted);
    expect(told(report)).toEqual(told(expected));
    expect(report.ok).toBe(true);
  });

  it('the row can be read back as it was published', async () => {
    const { aws } = await reconcile(steps.at(-1)?.[1] as Input);
    const row = await new Registry(aws.dynamodb, NAMES.table('algorithms')).get('seg');
    expect(row).toMatchObject({ version: '1.1.0', cpu: 2048, tree_hash: treeHash('seg', 2), created_at: '2026-01-01T00:01:00.000Z' });
    expect(row?.image_uri).toMatch(new RegExp(`/${PREFIX}-seg@sha256:[0-9a-f]{64}$`));
    expect(row?.parameters).toEqual(algorithm('seg').parameters);
  });
});

it('a platform that was not deployed says so', async () => {
  await expect(readFacts(new SSMClient(emulator.connection), NAMES)).rejects.toThrow(
    `There is no platform here (no parameter /${PREFIX}/platform/facts): deploy it first.`,
  );
});
