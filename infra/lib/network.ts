/** The network that tasks run in: nothing reaches them, and they reach HTTPS only. */

import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SubnetConfiguration,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { addLogGroup } from './logs.ts';
import type { Place } from './platform.ts';

export interface Network {
  readonly vpc: IVpc;
  readonly subnetIds: readonly string[];
  readonly securityGroup: SecurityGroup;
  /** True without NAT: a task then needs a public address to reach ECR and SQS. Its security group still lets nothing in. */
  readonly assignPublicIp: boolean;
}

export function addNetwork(scope: Construct, place: Place): Network {
  const { cidr, availability_zones, nat_gateways } = place.platform.network;
  const assignPublicIp = nat_gateways === 0;
  const vpc = new Vpc(scope, 'Network', {
    ipAddresses: IpAddresses.cidr(cidr),
    maxAzs: availability_zones,
    natGateways: nat_gateways,
    subnetConfiguration: subnets(assignPublicIp),
    restrictDefaultSecurityGroup: true, // AWS's default group lets its members reach one another
    gatewayEndpoints: {
      // Free of charge, and pixels and job records stay off the internet.
      S3: { service: GatewayVpcEndpointAwsService.S3 },
      DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
    },
  }) as IVpc; // CDK's types were not written for exactOptionalPropertyTypes
  const logGroup = addLogGroup(scope, 'NetworkLog', place);
  vpc.addFlowLog('Rejected', { destination: FlowLogDestination.toCloudWatchLogs(logGroup), trafficType: FlowLogTrafficType.REJECT });
  const { subnetIds } = vpc.selectSubnets({ subnetType: assignPublicIp ? SubnetType.PUBLIC : SubnetType.PRIVATE_WITH_EGRESS });
  return { vpc, subnetIds, securityGroup: addSecurityGroup(scope, vpc), assignPublicIp };
}

function subnets(publicOnly: boolean): SubnetConfiguration[] {
  const open = { name: 'Public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false };
  return publicOnly ? [open] : [open, { name: 'Tasks', subnetType: SubnetType.PRIVATE_WITH_EGRESS }];
}

/**
 * No ingress: a worker asks for its work. Egress to 443 alone: a worker speaks to AWS's APIs, all of them HTTPS, and an algorithm that
 * somebody else built should not reach a database or a PACS by another port. Name resolution and task credentials pass by any group.
 */
function addSecurityGroup(scope: Construct, vpc: IVpc): SecurityGroup {
  const group = new SecurityGroup(scope, 'Tasks', { vpc, description: 'Algorithm tasks: no ingress, HTTPS out', allowAllOutbound: false });
  group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS APIs and image registries');
  return group;
}
