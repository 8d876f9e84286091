/** What reconcile and the command line need to know of the deployed platform, as one public parameter. No secret is among it. */

import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Cluster } from 'aws-cdk-lib/aws-ecs';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import type { Network } from './network.ts';
import type { Place } from './platform.ts';

export interface Parts {
  readonly network: Network;
  readonly cluster: Cluster;
  readonly logGroup: LogGroup;
  readonly executionRole: Role;
  readonly imagesKey: Secret;
  readonly api: HttpApi;
}

export function publishFacts(scope: Construct, { names }: Place, parts: Parts): void {
  const { network, api } = parts;
  const facts = {
    vpc_id: network.vpc.vpcId,
    subnets: network.subnetIds,
    security_group: network.securityGroup.securityGroupId,
    assign_public_ip: network.assignPublicIp,
    cluster: parts.cluster.clusterName,
    execution_role_arn: parts.executionRole.roleArn,
    images_key_secret_arn: (parts.imagesKey.node.defaultChild as CfnSecret).attrId, // the ARN; `Ref` is a name in some emulators
    log_group: parts.logGroup.logGroupName,
    api_id: api.apiId,
    api_url: api.apiEndpoint,
  };
  new StringParameter(scope, 'Facts', {
    parameterName: names.platformFacts,
    description: 'Where the platform is; read by reconcile and by the mip command',
    stringValue: Stack.of(scope).toJsonString(facts),
  });
  new CfnOutput(scope, 'ApiUrl', { value: api.apiEndpoint });
}
