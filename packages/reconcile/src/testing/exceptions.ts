/** AWS's refusals as the SDKs throw them. */

import * as scaling from '@aws-sdk/client-application-auto-scaling';
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as ecr from '@aws-sdk/client-ecr';
import * as ecs from '@aws-sdk/client-ecs';
import * as iam from '@aws-sdk/client-iam';
import * as s3 from '@aws-sdk/client-s3';
import * as sqs from '@aws-sdk/client-sqs';
import type { Rejection } from './rejections.ts';

type Exception = new (options: { message: string; $metadata: object }) => Error;

const CLIENTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  dynamodb,
  ecr,
  ecs,
  iam,
  s3,
  sqs,
  'application-autoscaling': scaling,
};

/** The class that a client has for a code; a plain error of that name where it has none, as the SDK itself does. */
export function exceptionOf(service: string, { code, message }: Rejection): Error {
  const client = CLIENTS[service] ?? {};
  const Known = (client[code] ?? client[`${code}Exception`]) as Exception | undefined;
  return Known ? new Known({ message, $metadata: {} }) : Object.assign(new Error(message), { name: code });
}
