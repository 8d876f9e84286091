/** What reconcile and the command line need to know of the deployed platform, as one public parameter. No secret is among it. */

import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import type { Network } from './network.ts';
import type { Place } from './platform.ts';
import { arnOf, type Secrets } from './secrets.ts';
import type { WebSocket } from './websocket.ts';

export interface Parts {
  readonly network: Network;
  readonly cluster: Cluster;
  readonly logGroup: LogGroup;
  readonly executionRole: Role;
  readonly secrets: Secrets;
  /** Where there is one: its address, which ends in `/dicomweb`. */
  readonly imageStoreUrl: string | undefined;
  readonly api: HttpApi;
  readonly websocket: WebSocket;
}

export function publishFacts(scope: Construct, { names }: Place, parts: Parts): void {
  const { network, api, secrets, websocket } = parts;
  const facts = {
    vpc_id: network.vpc.vpcId,
    subnets: network.subnetIds,
    security_group: network.securityGroup.securityGroupId,
    assign_public_ip: network.assignPublicIp,
    cluster: parts.cluster.clusterName,
    execution_role_arn: parts.executionRole.roleArn,
    images_key_secret_arn: arnOf(secrets.imagesKey),
    workers_key_secret_arn: arnOf(secrets.workersKey),
    pacs_secret_arns: Object.fromEntries([...secrets.pacs].map(([pacs, secret]) => [pacs, arnOf(secret)])),
    log_group: parts.logGroup.logGroupName,
    api_id: api.apiId,
    api_url: api.apiEndpoint,
    websocket_api_id: websocket.apiId,
    websocket_stage: websocket.stageName,
    websocket_url: websocket.url,
    ...(parts.imageStoreUrl !== undefined && { image_store_url: parts.imageStoreUrl }),
  };
  new StringParameter(scope, 'Facts', {
    parameterName: names.platformFacts,
    description: 'Where the platform is; read by reconcile and by the mip command',
    stringValue: Stack.of(scope).toJsonString(facts),
  });
  new CfnOutput(scope, 'ApiUrl', { value: api.apiEndpoint });
}
