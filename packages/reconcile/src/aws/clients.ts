/** The AWS clients of one region, as one bundle, with every call counted. */

import { ECRClient } from '@aws-sdk/client-ecr';
import { IAMClient } from '@aws-sdk/client-iam';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { type Conformer, nobodyJudges } from '../conformer.ts';
import { type Connection, configOf } from './connection.ts';
import type { ImagePublisher } from './images.ts';
import { makeTaskAws, type TaskAws } from './task-clients.ts';

/** Everything that a kind may reach for. */
export interface Aws extends TaskAws {
  readonly ecr: ECRClient;
  readonly iam: IAMClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly ssm: SSMClient;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  readonly images: ImagePublisher;
  /** Who says what a new version has to show, and whether it has. */
  readonly conformer: Conformer;
}

export function makeAws(connection: Connection, images: ImagePublisher, conformer: Conformer = nobodyJudges): Aws {
  const aws = makeTaskAws(connection);
  const config = configOf(connection);
  return {
    ...aws,
    ecr: aws.calls.watch(new ECRClient(config), 'ecr'),
    iam: aws.calls.watch(new IAMClient(config), 'iam'),
    s3: aws.calls.watch(new S3Client({ ...config, forcePathStyle: true }), 's3'),
    sqs: aws.calls.watch(new SQSClient(config), 'sqs'),
    ssm: aws.calls.watch(new SSMClient(config), 'ssm'),
    tagging: aws.calls.watch(new ResourceGroupsTaggingAPIClient(config), 'tag'),
    images,
    conformer,
  };
}
