/** The network that tasks run in: nothing reaches them, and they reach HTTPS only. */

import { isIPv4 } from 'node:net';
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
  type SubnetSelection,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { addLogGroup } from './logs.ts';
import type { Place } from './platform.ts';

export interface Network {
  readonly vpc: IVpc;
  readonly subnetIds: readonly string[];
  /** The same, as the CDK has them. */
  readonly subnets: SubnetSelection;
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
    subnetConfiguration: tiers(assignPublicIp),
    restrictDefaultSecurityGroup: true, // AWS's default group lets its members reach one another
    gatewayEndpoints: {
      // Free of charge, and pixels and job records stay off the internet.
      S3: { service: GatewayVpcEndpointAwsService.S3 },
      DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
    },
  }) as IVpc; // CDK's types were not written for exactOptionalPropertyTypes
  const logGroup = addLogGroup(scope, 'NetworkLog', place);
  vpc.addFlowLog('Rejected', { destination: FlowLogDestination.toCloudWatchLogs(logGroup), trafficType: FlowLogTrafficType.REJECT });
  const subnets = { subnetType: assignPublicIp ? SubnetType.PUBLIC : SubnetType.PRIVATE_WITH_EGRESS };
  const { subnetIds } = vpc.selectSubnets(subnets);
  return { vpc, subnetIds, subnets, securityGroup: addSecurityGroup(scope, vpc, place), assignPublicIp };
}

function tiers(publicOnly: boolean): SubnetConfiguration[] {
  const open = { name: 'Public', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false };
  return publicOnly ? [open] : [open, { name: 'Tasks', subnetType: SubnetType.PRIVATE_WITH_EGRESS }];
}

/**
 * No ingress: a worker asks for its work. Egress to 443: a worker speaks to AWS's APIs, all of them HTTPS, and an algorithm that somebody
 * else built should not reach a database. Beside it only what the platform file names: the ports of its PACSs. Name resolution and task
 * credentials pass by any group.
 */
function addSecurityGroup(scope: Construct, vpc: IVpc, { platform }: Place): SecurityGroup {
  const group = new SecurityGroup(scope, 'Tasks', { vpc, description: 'Algorithm tasks: no ingress, HTTPS out', allowAllOutbound: false });
  group.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS APIs and image registries');
  for (const { name, url } of platform.pacs ?? []) openPortOf(group, url, `PACS ${name}`);
  return group;
}

/** Egress to a URL's port, where that is not its scheme's own. */
export function openPortOf(group: SecurityGroup, url: string, description: string): void {
  const { hostname, port } = new URL(url);
  if (port) group.addEgressRule(isIPv4(hostname) ? Peer.ipv4(`${hostname}/32`) : Peer.anyIpv4(), Port.tcp(Number(port)), description);
}
