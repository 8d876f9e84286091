/** The AWS clients of one region, as one bundle, with every call counted. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { bucketOf } from '@mip/registry/limits';
import { Calls } from './calls.ts';
import type { ImagePublisher } from './images.ts';

/** Everything that a kind may reach for. */
export interface Aws {
  readonly dynamodb: DynamoDBDocumentClient;
  readonly ecr: ECRClient;
  readonly ecs: ECSClient;
  readonly iam: IAMClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly ssm: SSMClient;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  readonly images: ImagePublisher;
  readonly calls: Calls;
}

/** How to reach a region; without `endpoint` and `credentials` the SDK's own defaults hold. */
export interface Connection {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
}

/** Throttled calls are tried again by the SDK, at a rate that adapts to what the service takes. */
const RETRIES = { retryMode: 'adaptive', maxAttempts: 8 } as const;

export function makeAws(connection: Connection, images: ImagePublisher): Aws {
  const calls = new Calls(bucketOf);
  const config = { ...connection, ...RETRIES };
  const dynamodb = calls.watch(new DynamoDBClient(config), 'dynamodb');
  return {
    dynamodb: DynamoDBDocumentClient.from(dynamodb, { marshallOptions: { removeUndefinedValues: true } }),
    ecr: calls.watch(new ECRClient(config), 'ecr'),
    ecs: calls.watch(new ECSClient(config), 'ecs'),
    iam: calls.watch(new IAMClient(config), 'iam'),
    s3: calls.watch(new S3Client({ ...config, forcePathStyle: true }), 's3'),
    sqs: calls.watch(new SQSClient(config), 'sqs'),
    ssm: calls.watch(new SSMClient(config), 'ssm'),
    tagging: calls.watch(new ResourceGroupsTaggingAPIClient(config), 'tag'),
    images,
    calls,
  };
}
