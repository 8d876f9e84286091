/** The ports on AWS. Clients are made once per process; `AWS_ENDPOINT_URL` and credentials are the SDK's own business. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { ClientTable, cachedClients, type NameScope, physicalNames } from '@mip/registry';
import { type Identity, Tokens } from '@mip/registry/identity/tokens';
import { ImageIndex } from './image-index.ts';
import { Objects } from './objects.ts';
import { PixelPool } from './pixels/pool.ts';
import type { Ports } from './ports.ts';
import { SearchIndex } from './search-index.ts';

/**
 * A part of 5 MiB, or a page of rows, within seconds: what takes longer is repeated by the SDK. A body that has begun to come may pause, for
 * its client may be slow, but not for as long as no client may.
 */
const PATIENCE = { connectionTimeout: 1000, requestTimeout: 10_000, socketTimeout: 60_000 };

export interface AwsOptions {
  /** The text of the platform's images key. */
  readonly imagesKey: string;
  /** Whose tokens are taken; without it, nobody's. */
  readonly identity?: Identity;
  /** Where AWS is not found by the SDK's own means, as in a test. */
  readonly connection?: Pick<S3ClientConfig, 'endpoint' | 'credentials'>;
  /** Milliseconds. */
  readonly patience?: Partial<typeof PATIENCE>;
}

export function awsPorts(scope: NameScope, { imagesKey, identity, connection = {}, patience }: AwsOptions): Ports {
  const names = physicalNames(scope);
  const now = () => new Date();
  const requestHandler = { ...PATIENCE, ...patience, throwOnRequestTimeout: true };
  const config = { ...connection, region: scope.region, maxAttempts: 3, requestHandler };
  const dynamodb = new DynamoDBClient(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  return {
    clients: cachedClients(new ClientTable(dynamodb, names.table('clients')), now),
    ...(identity && { tokens: Tokens.of(identity, now) }),
    index: new ImageIndex({ dynamodb, table: names.table('images'), secret: imagesKey }),
    search: new SearchIndex({ dynamodb, table: names.table('images'), secret: imagesKey }),
    pixels: new PixelPool(),
    objects: new Objects(s3, names.bucket('images')),
  };
}
