/** The HTTP API and the two Lambdas behind it, which authenticate by themselves: the router for clients' jobs, the other for the catalog and the document. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { administrationRights, catalogEnvironment } from './admin-rights.ts';
import type { Buckets } from './buckets.ts';
import { REPOSITORY } from './bundle.ts';
import { addLambda } from './lambda.ts';
import { callbacksEnvironment, identityEnvironment, type Place, pacsEnvironment, scopeEnvironment } from './platform.ts';
import { wakerRights } from './reconcile-rights.ts';
import { allow, grant, requestQueues, tellRights } from './roles.ts';
import type { Secrets } from './secrets.ts';
import type { Tables } from './tables.ts';
import type { WebSocket } from './websocket.ts';

export interface ApiParts {
  readonly tables: Tables;
  readonly buckets: Buckets;
  readonly secrets: Secrets;
  readonly websocket: WebSocket;
  /** The folder of the Lambdas' entry points. */
  readonly lambdas: string;
}

/** The paths that are not the router's. */
export const ADMIN_PATHS = [
  '/algorithms',
  '/algorithms/{proxy+}',
  '/runs',
  '/runs/{proxy+}',
  '/openapi.json',
  '/docs',
  '/docs/{proxy+}',
] as const;

const TIMEOUT = Duration.seconds(29); // the HTTP API answers 503 by itself after 30

export function addApi(scope: Construct, place: Place, parts: ApiParts): HttpApi {
  const api = new HttpApi(scope, 'Api', {
    apiName: Stack.of(scope).stackName,
    defaultIntegration: new HttpLambdaIntegration('ToRouter', addRouter(scope, place, parts)),
  });
  const integration = new HttpLambdaIntegration('ToAdmin', addAdmin(scope, place, parts));
  for (const path of ADMIN_PATHS) api.addRoutes({ path, integration });
  return api;
}

function addRouter(scope: Construct, place: Place, { tables, buckets, secrets, lambdas, websocket }: ApiParts): Lambda {
  const { platform, names } = place;
  const { lambda, role } = addLambda(scope, 'Router', place, {
    entry: join(lambdas, 'router.ts'),
    functionName: names.routerFunction,
    logGroupName: names.logGroup.router,
    memory: 512,
    timeout: TIMEOUT,
    environment: {
      ...environmentOf(place),
      MIP_MAX_IMAGE_BYTES: String(platform.limits.max_image_bytes),
      MIP_CLIENT_OPEN_JOBS: String(platform.limits.client_open_jobs),
      MIP_ROWS_KEPT_MS: String(platform.limits.registry_cache_seconds * 1000),
      MIP_WEBSOCKET_URL: websocket.url,
      ...pacsEnvironment(place),
      ...callbacksEnvironment(place),
      MIP_OVERRIDE_ROLES: JSON.stringify(platform.admission?.override_roles ?? []),
    },
  });
  grant(role, ['dynamodb:GetItem'], [tables.algorithms.tableArn, tables.clients.tableArn]);
  grant(role, ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [tables.jobs.tableArn]);
  // Tickets of the WebSocket, for those who have not too many connections.
  const tickets = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ticket#*'] } };
  allow(role, [{ to: ['dynamodb:PutItem'], on: [tables.connections.tableArn], when: tickets }]);
  grant(role, ['dynamodb:Query'], [tables.connections.tableArn]);
  grant(role, ['dynamodb:Query'], [`${names.tableArn('jobs')}/index/by-client`]); // the list of a client's jobs
  grant(role, ['dynamodb:Query'], [`${names.tableArn('jobs')}/index/by-client-open`]); // a client's open jobs, counted
  grant(role, ['dynamodb:UpdateItem'], [tables.connections.tableArn]); // its requests of this minute, counted
  grant(role, ['dynamodb:BatchGetItem', 'dynamodb:Query'], [tables.images.tableArn]); // looks at images before it takes a job
  const looksWith = [secrets.imagesKey, ...secrets.pacs.values()];
  grant(
    role,
    ['secretsmanager:GetSecretValue'],
    looksWith.map(({ secretArn }) => secretArn),
  );
  grant(role, ['sqs:SendMessage'], [requestQueues(scope, place)]);
  grant(role, ['s3:GetObject'], [buckets.results.arnForObjects('*')]); // presigned links carry this role's rights
  allow(role, tellRights(place));
  allow(role, wakerRights(place));
  return lambda;
}

function addAdmin(scope: Construct, place: Place, { tables, secrets, lambdas }: ApiParts): Lambda {
  const { names } = place;
  const { resolve } = createRequire(import.meta.url);
  const { lambda, role } = addLambda(scope, 'Admin', place, {
    entry: join(lambdas, 'admin.ts'),
    functionName: names.adminFunction,
    logGroupName: names.logGroup.admin,
    memory: 512,
    timeout: TIMEOUT,
    environment: { ...environmentOf(place), ...catalogEnvironment(place) },
    files: {
      'openapi.json': join(REPOSITORY, 'schemas', 'openapi.json'),
      'swagger-ui.css': resolve('swagger-ui-dist/swagger-ui.css'),
      'swagger-ui-bundle.js': resolve('swagger-ui-dist/swagger-ui-bundle.js'),
    },
  });
  grant(role, ['dynamodb:GetItem'], [tables.clients.tableArn]);
  grant(role, ['dynamodb:GetItem', 'dynamodb:Scan'], [tables.algorithms.tableArn]); // a list is pages of a scan
  const keys = [names.adminKey, names.previousAdminKey];
  grant(
    role,
    ['ssm:GetParameters'],
    keys.map((name) => Stack.of(scope).formatArn({ service: 'ssm', resource: 'parameter', resourceName: name.slice(1) })),
  );
  allow(role, administrationRights(place, secrets));
  return lambda;
}

function environmentOf(place: Place): Record<string, string> {
  const { platform } = place;
  return {
    ...scopeEnvironment(place),
    MIP_MAX_REQUEST_BYTES: String(platform.limits.max_request_bytes),
    MIP_CLIENT_REQUESTS_PER_MINUTE: String(platform.limits.client_requests_per_minute),
    ...identityEnvironment(place),
  };
}
