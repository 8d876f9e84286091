/** The WebSocket: an API of its own, as API Gateway wants it, that hands whatever comes over it to one Lambda. */

import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { addLambda } from './lambda.ts';
import { type Place, scopeEnvironment } from './platform.ts';
import { grant } from './roles.ts';
import type { Tables } from './tables.ts';

/** The WebSocket's address, and what another Lambda needs to push over it. */
export interface WebSocket {
  /** Where clients connect. */
  readonly url: string;
  readonly apiId: string;
  readonly stageName: string;
  /** `MIP_CONNECTIONS_URL` of a Lambda that pushes. */
  readonly connectionsUrl: string;
  /** Lets a Lambda push events: write them down, look up who listens, and send. */
  grantPush(role: Role): void;
}

/** The path of the address. */
const STAGE = 'ws';
/** Of frames a second, of all clients together; a client says little. */
const THROTTLE = { rateLimit: 500, burstLimit: 1000 };

export function addWebSocket(scope: Construct, place: Place, { tables, lambdas }: { tables: Tables; lambdas: string }): WebSocket {
  const { platform, names } = place;
  const { lambda, role } = addLambda(scope, 'WebSocket', place, {
    entry: join(lambdas, 'websocket.ts'),
    functionName: names.websocketFunction,
    logGroupName: names.logGroup.websocket,
    memory: 256,
    timeout: Duration.seconds(29),
    environment: scopeEnvironment(place),
  });
  const route = (id: string) => ({ integration: new WebSocketLambdaIntegration(id, lambda) });
  const api = new WebSocketApi(scope, 'WebSocketApi', {
    apiName: `${Stack.of(scope).stackName}-ws`,
    connectRouteOptions: route('ToConnect'),
    disconnectRouteOptions: route('ToDisconnect'),
    defaultRouteOptions: route('ToReceive'),
  });
  const stage = new WebSocketStage(scope, 'WebSocketStage', {
    webSocketApi: api,
    stageName: STAGE,
    autoDeploy: true,
    throttle: THROTTLE,
  });
  const { url = stage.url, connections_url } = platform.websocket ?? {};
  const connectionsUrl = connections_url === undefined ? stage.callbackUrl : `${connections_url}/${api.apiId}/${STAGE}`;
  lambda.addEnvironment('MIP_CONNECTIONS_URL', connectionsUrl);
  const grantPush = (to: Role) => {
    const row = ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
    grant(to, [...row, 'dynamodb:Query'], [tables.connections.tableArn]);
    const ofStage = ['POST', 'DELETE'].map((method) => api.arnForExecuteApiV2(`${method}/@connections/*`, STAGE));
    grant(to, ['execute-api:ManageConnections'], ofStage);
  };
  grantPush(role);
  grant(role, ['dynamodb:GetItem'], [tables.clients.tableArn]); // whether the key of a ticket still holds
  return { url, apiId: api.apiId, stageName: STAGE, connectionsUrl, grantPush };
}
