/** The WebSocket on an emulator: its Lambda as infra bundles it, its table, and the front before it. For tests and a benchmark. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { webSocketPorts } from '@mip/api/websocket/aws';
import type { WebSocketPorts } from '@mip/api/websocket/ports';
import { type Push, pusher } from '@mip/api/websocket/push';
import { startFront } from '@mip/local/front';
import { ClientAdmin, ConnectionTable, physicalNames } from '@mip/registry';
import { buildSync } from 'esbuild';
import getPort from 'get-port';
import type { TestEmulator } from '../emulator.ts';

const root = join(import.meta.dirname, '..', '..');
const STAGE = 'ws';
const CODE = 'code.zip';

export interface WebSocketApi {
  /** Where clients connect. */
  readonly url: string;
  readonly connections: ConnectionTable;
  readonly clients: ClientAdmin;
  readonly ports: WebSocketPorts;
  push: Push;
  stop(): Promise<void>;
}

export async function openWebSocketApi({ connection }: Pick<TestEmulator, 'connection'>): Promise<WebSocketApi> {
  const prefix = `w${randomBytes(4).toString('hex')}`;
  const { endpoint, region, credentials } = connection;
  const scope = { prefix, account: '000000000000', region, platform: 'test' };
  const bucket = `${prefix}-code`;
  await uploadCode(new S3Client({ ...connection, forcePathStyle: true }), bucket);
  const apiId = await deploy(connection, prefix, template({ ...scope, bucket, endpoint }));
  const connectionsUrl = `${endpoint}/_aws/execute-api/${apiId}/${STAGE}`;
  const port = await getPort({ host: '127.0.0.1' });
  const front = await startFront({ port, endpoint, apiId, websocket: { apiId, stage: STAGE }, imageStore: () => undefined });
  const { table } = physicalNames(scope);
  const tables = { clients: table('clients'), connections: table('connections') };
  const ports = webSocketPorts(scope, { connectionsUrl, connection: { endpoint, credentials } });
  return {
    url: `${front.url.replace('http', 'ws')}/ws`,
    connections: new ConnectionTable(new DynamoDBClient(connection), tables.connections),
    clients: new ClientAdmin(new DynamoDBClient(connection), tables),
    ports,
    push: pusher(ports),
    stop: () => front.stop(),
  };
}

async function deploy(connection: TestEmulator['connection'], StackName: string, body: object): Promise<string> {
  const client = new CloudFormationClient({ ...connection, maxAttempts: 1 });
  await client.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(body) }));
  for (;;) {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    if (stack?.StackStatus === 'CREATE_COMPLETE') return stack.Outputs?.[0]?.OutputValue ?? '';
    if (stack?.StackStatus !== 'CREATE_IN_PROGRESS') throw new Error(`${stack?.StackStatus}: ${stack?.StackStatusReason}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What `infra/lib/websocket.ts` makes, as far as an emulator looks at it. */
function template({ account, prefix, bucket, endpoint }: { account: string; prefix: string; bucket: string; endpoint: string }) {
  const text = (AttributeName: string) => ({ AttributeName, AttributeType: 'S' });
  const route = (RouteKey: string) => ({
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: { ApiId: { Ref: 'Api' }, RouteKey, Target: { 'Fn::Join': ['/', ['integrations', { Ref: 'Integration' }]] } },
  });
  const arn = { 'Fn::GetAtt': ['Lambda', 'Arn'] };
  const invocation = ['arn:aws:apigateway:', { Ref: 'AWS::Region' }, ':lambda:path/2015-03-31/functions/', arn, '/invocations'];
  const api = { 'Fn::Join': ['', [`${endpoint}/_aws/execute-api/`, { Ref: 'Api' }, `/${STAGE}`]] };
  return {
    Resources: {
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: `${prefix}-connections`,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [text('client_id'), text('row')],
          KeySchema: [
            { AttributeName: 'client_id', KeyType: 'HASH' },
            { AttributeName: 'row', KeyType: 'RANGE' },
          ],
        },
      },
      Clients: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          TableName: `${prefix}-clients`,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [text('key_hash')],
          KeySchema: [{ AttributeName: 'key_hash', KeyType: 'HASH' }],
        },
      },
      Api: {
        Type: 'AWS::ApiGatewayV2::Api',
        Properties: { Name: prefix, ProtocolType: 'WEBSOCKET', RouteSelectionExpression: '$request.body.action' },
      },
      Lambda: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          FunctionName: `${prefix}-websocket`,
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Role: `arn:aws:iam::${account}:role/test`,
          Timeout: 29,
          Code: { S3Bucket: bucket, S3Key: CODE },
          Environment: { Variables: { MIP_PREFIX: prefix, MIP_PLATFORM: 'test', MIP_ACCOUNT: account, MIP_CONNECTIONS_URL: api } },
        },
      },
      Integration: {
        Type: 'AWS::ApiGatewayV2::Integration',
        Properties: { ApiId: { Ref: 'Api' }, IntegrationType: 'AWS_PROXY', IntegrationUri: { 'Fn::Join': ['', invocation] } },
      },
      Connect: route('$connect'),
      Disconnect: route('$disconnect'),
      Default: route('$default'),
      Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ApiId: { Ref: 'Api' }, StageName: STAGE, AutoDeploy: true } },
    },
    Outputs: { ApiId: { Value: { Ref: 'Api' } } },
  };
}

async function uploadCode(s3: S3Client, Bucket: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mip-websocket-'));
  buildSync({
    entryPoints: [join(root, 'infra/lambda/websocket.ts')],
    outfile: join(folder, 'index.js'),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
  });
  execFileSync(join(root, '.venv/bin/python'), ['-m', 'zipfile', '-c', CODE, 'index.js'], { cwd: folder });
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: CODE, Body: readFileSync(join(folder, CODE)) }));
  rmSync(folder, { recursive: true });
}
