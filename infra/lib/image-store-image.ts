/** Where the image of the image store lies. It is pushed before the platform is told of it, so its repository is made in any case. */

import { parseEcrName } from '@mip/registry/ecr';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Repository, TagMutability } from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';
import type { Place } from './platform.ts';

export function addImageStoreRepository(scope: Construct, { names }: Place): void {
  new Repository(scope, 'ImageStoreRepository', {
    repositoryName: names.imageStore,
    imageTagMutability: TagMutability.IMMUTABLE,
    imageScanOnPush: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

/**
 * The ECR repository that the image comes from, as an ARN, where it is none of this region's own, to which the right to pull is granted
 * anyway. A platform of several regions names one image for all.
 */
export function repositoryOf({ platform, region, names }: Place): readonly string[] {
  const from = parseEcrName(platform.image_store?.image_uri ?? '');
  if (!from) return [];
  const covered = from.account === platform.account && from.region === region && from.repository.startsWith(names.repository(''));
  return covered ? [] : [`arn:aws:ecr:${from.region}:${from.account}:repository/${from.repository}`];
}
