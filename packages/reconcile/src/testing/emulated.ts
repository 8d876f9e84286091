/** A region of a platform on an emulator: what CDK makes of it as far as reconcile needs that, and images as a build would push them. */

import { createHash } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateClusterCommand, ECSClient } from '@aws-sdk/client-ecs';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { type PhysicalNames, physicalNames } from '@mip/registry/names';
import type { Connection } from '../aws/connection.ts';
import type { ImageOrder, ImagePublisher } from '../aws/images.ts';
import { type Facts, type Platform, platformIn } from '../platform.ts';
import { FACTS } from './fixtures.ts';

const ACCOUNT = '000000000000';

/** Every name begins with the prefix, so that many can share an emulator; the catalog's id is the prefix too. */
export async function deployPlace(connection: Connection, prefix: string): Promise<Platform> {
  const { region } = connection;
  const names = physicalNames({ prefix, account: ACCOUNT, region, platform: 'test' });
  await new ECSClient(connection).send(new CreateClusterCommand({ clusterName: names.cluster }));
  await createTable(connection, names.table('algorithms'), 'algorithm_name');
  await createTable(connection, names.table('leases'), 'lease');
  await new S3Client({ ...connection, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: names.bucket('reconciles') }));
  return placeOf(region, prefix);
}

/** The same without making anything. */
export function placeOf(region: string, prefix: string): Platform {
  const images = { version_tags: 'mutable' as const };
  const file = { name: 'test', catalog_id: prefix, prefix, account: ACCOUNT, images, quotas: { fargate_vcpus: 10_000 } };
  return platformIn(region, file, factsOf(physicalNames({ prefix, account: ACCOUNT, region, platform: 'test' })));
}

function factsOf({ cluster }: PhysicalNames): Facts {
  return { ...FACTS, cluster };
}

async function createTable(connection: Connection, TableName: string, AttributeName: string): Promise<void> {
  const KeySchema = [{ AttributeName, KeyType: 'HASH' as const }];
  const AttributeDefinitions = [{ AttributeName, AttributeType: 'S' as const }];
  const command = new CreateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST', KeySchema, AttributeDefinitions });
  await new DynamoDBClient(connection).send(command);
}

/** Pushes images without layers over `/v2/`, as any OCI client does: blob by blob, then the manifest under its tag. */
export function pusher(endpoint: string): ImagePublisher {
  return { publish: (order) => push(endpoint, order) };
}

async function push(endpoint: string, { repositoryUri, tag, treeHash }: ImageOrder): Promise<string> {
  const base = `${endpoint}/v2/${repositoryUri.slice(repositoryUri.indexOf('/') + 1)}`;
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, treeHash }));
  const upload = await fetch(`${base}/blobs/uploads/`, { method: 'POST' });
  const target = new URL(upload.headers.get('location') ?? '', base);
  target.searchParams.set('digest', digestOf(config));
  await expectCreated(await fetch(target, { method: 'PUT', body: config }));
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [],
      annotations: { 'mip.tree-hash': treeHash },
    }),
  );
  await expectCreated(
    await fetch(`${base}/manifests/${tag}`, { method: 'PUT', body: manifest, headers: { 'content-type': OCI_MANIFEST } }),
  );
  return digestOf(manifest);
}

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

async function expectCreated(response: Response): Promise<void> {
  if (response.status !== 201) throw new Error(`the registry answers ${response.status}: ${await response.text()}`);
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
