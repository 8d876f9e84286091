/** The router: an HTTP API that hands every path to one Lambda, which authenticates by itself. */

import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Construct } from 'constructs';
import type { Buckets } from './buckets.ts';
import { addLambda } from './lambda.ts';
import { type Place, pacsEnvironment } from './platform.ts';
import { grant, requestQueues } from './roles.ts';
import type { Secrets } from './secrets.ts';
import type { Tables } from './tables.ts';

export interface ApiParts {
  readonly tables: Tables;
  readonly buckets: Buckets;
  readonly secrets: Secrets;
  /** The folder of the Lambdas' entry points. */
  readonly lambdas: string;
}

export function addApi(scope: Construct, place: Place, parts: ApiParts): HttpApi {
  const { platform, names } = place;
  const { tables, buckets, secrets } = parts;
  const { lambda, role } = addLambda(scope, 'Router', place, {
    entry: join(parts.lambdas, 'router.ts'),
    functionName: names.routerFunction,
    logGroupName: names.logGroup.router,
    memory: 512,
    timeout: Duration.seconds(29), // the HTTP API answers 503 by itself after 30
    environment: {
      MIP_PREFIX: platform.prefix,
      MIP_PLATFORM: platform.name,
      MIP_ACCOUNT: platform.account,
      MIP_MAX_REQUEST_BYTES: String(platform.limits.max_request_bytes),
      MIP_MAX_IMAGE_BYTES: String(platform.limits.max_image_bytes),
      ...pacsEnvironment(place),
    },
  });
  grant(role, ['dynamodb:GetItem'], [tables.algorithms.tableArn, tables.clients.tableArn]);
  grant(role, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [tables.jobs.tableArn]);
  grant(role, ['dynamodb:BatchGetItem', 'dynamodb:Query'], [tables.images.tableArn]); // looks at images before it takes a job
  const looksWith = [secrets.imagesKey, ...secrets.pacs.values()];
  grant(
    role,
    ['secretsmanager:GetSecretValue'],
    looksWith.map(({ secretArn }) => secretArn),
  );
  grant(role, ['sqs:SendMessage'], [requestQueues(scope, place)]);
  grant(role, ['s3:GetObject'], [buckets.results.arnForObjects('*')]); // presigned links carry this role's rights
  return new HttpApi(scope, 'Api', {
    apiName: Stack.of(scope).stackName,
    defaultIntegration: new HttpLambdaIntegration('ToRouter', lambda),
  });
}
