/** What the image store may do: keep images and their index, and know who asks. */

import { Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Place } from './platform.ts';
import { policyOf, type Right } from './rights.ts';
import { tasksOf } from './task-roles.ts';

export function addImageStoreRole(scope: Construct, place: Place): Role {
  const { names } = place;
  return new Role(scope, 'ImageStoreRole', {
    roleName: names.imageStoreRole,
    path: names.rolePath,
    description: 'What the tasks of the image store may do',
    assumedBy: tasksOf(place),
    inlinePolicies: { task: policyOf(imageStoreRights(place)) },
  });
}

/** A transaction is granted by what it consists of. Objects are never listed: the index knows them. */
function imageStoreRights({ names }: Place): readonly Right[] {
  const index = names.tableArn('images');
  return [
    { to: ['dynamodb:GetItem'], on: [names.tableArn('clients')] },
    { to: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], on: [index] },
    { to: ['dynamodb:Query'], on: [index, `${index}/index/*`] },
    {
      to: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      on: [`${names.bucketArn('images')}/instances/*`],
    },
  ];
}
