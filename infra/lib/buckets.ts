/** Images, results and the history of reconcile: private, encrypted, over TLS only, and kept when the stack goes. */

import type { Bucket as Purpose } from '@mip/registry/names';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Place } from './platform.ts';

export type Buckets = Readonly<Record<Purpose, Bucket>>;

/** How long an overwritten or deleted object can be brought back; after that an erased patient is really gone. */
const KEEP_OLD_VERSIONS = Duration.days(30);

/** What is only needed while a version is tried, by its prefix, in days; a rollout puts the images there anew. */
const PASSING: Partial<Record<Purpose, readonly (readonly [string, number])[]>> = {
  images: [['conformance/', 30]],
  results: [['quarantine/', 7]],
};

export function addBuckets(scope: Construct, place: Place): Buckets {
  return {
    images: addBucket(scope, place, 'images', 'Images'),
    results: addBucket(scope, place, 'results', 'Results'),
    reconciles: addBucket(scope, place, 'reconciles', 'Reconciles'),
  };
}

function addBucket(scope: Construct, { names }: Place, purpose: Purpose, id: string): Bucket {
  return new Bucket(scope, id, {
    bucketName: names.bucket(purpose),
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    versioned: true,
    lifecycleRules: [
      { noncurrentVersionExpiration: KEEP_OLD_VERSIONS, abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ...(PASSING[purpose] ?? []).map(([prefix, days]) => ({ prefix, expiration: Duration.days(days) })),
    ],
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
