/** Who reaches the image store: the network, by way of a load balancer that is not on the internet. */

import { Duration } from 'aws-cdk-lib';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { type Network, openPortOf } from './network.ts';
import type { Place } from './platform.ts';

/** Where its container listens. */
export const IMAGE_STORE_PORT = 8042;
/** The load balancer ends a transfer in which nothing moves for so long; a PACS or a worker may think a while in the middle of one. */
const IDLE = Duration.minutes(10);
/** What a target has to finish in when it leaves; ECS waits as long again before it kills. */
const DRAIN = Duration.minutes(2);

export interface ImageStoreNetwork {
  readonly listener: ApplicationListener;
  readonly targets: ApplicationTargetGroup;
  /** Of the tasks. */
  readonly securityGroup: SecurityGroup;
  /** The address, which ends in `/dicomweb`. */
  readonly url: string;
}

export function addImageStoreNetwork(scope: Construct, place: Place, network: Network): ImageStoreNetwork {
  const { certificate_arn: certificate, domain } = place.platform.image_store ?? {};
  const { vpc, subnets: vpcSubnets } = network;
  const port = certificate ? 443 : 80;
  const groups = addSecurityGroups(scope, place, { network, port });
  const balancer = new ApplicationLoadBalancer(scope, 'ImageStoreBalancer', {
    loadBalancerName: place.names.imageStore,
    vpc,
    vpcSubnets,
    internetFacing: false,
    securityGroup: groups.balancer,
    dropInvalidHeaderFields: true,
    idleTimeout: IDLE,
  });
  const targets = addTargets(scope, network);
  const listener = new ApplicationListener(scope, 'ImageStoreListener', {
    loadBalancer: balancer,
    port,
    protocol: certificate ? ApplicationProtocol.HTTPS : ApplicationProtocol.HTTP,
    ...(certificate && { certificates: [{ certificateArn: certificate }], sslPolicy: SslPolicy.RECOMMENDED_TLS }),
    open: false, // the security group says who
    defaultTargetGroups: [targets],
  });
  const url = `${certificate ? 'https' : 'http'}://${domain ?? balancer.loadBalancerDnsName}/dicomweb`;
  return { listener, targets, securityGroup: groups.store, url };
}

function addTargets(scope: Construct, { vpc }: Network): ApplicationTargetGroup {
  return new ApplicationTargetGroup(scope, 'ImageStoreTargets', {
    vpc,
    port: IMAGE_STORE_PORT,
    protocol: ApplicationProtocol.HTTP,
    targetType: TargetType.IP,
    deregistrationDelay: DRAIN,
    loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS, // a request may be a whole study
    healthCheck: {
      path: '/dicomweb/health',
      healthyHttpCodes: '200',
      interval: Duration.seconds(10),
      timeout: Duration.seconds(5),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
    },
  });
}

/** Network → load balancer → tasks → AWS's APIs, and nothing beside. */
function addSecurityGroups(scope: Construct, { platform }: Place, { network, port }: { network: Network; port: number }) {
  const { vpc, securityGroup: workers } = network;
  const group = (id: string, description: string) => new SecurityGroup(scope, id, { vpc, description, allowAllOutbound: false });
  const balancer = group('ImageStoreBalancerGroup', 'Load balancer of the image store');
  const store = group('ImageStoreGroup', 'Image store: ingress from its load balancer alone, HTTPS out');
  const [toBalancer, toStore] = [Port.tcp(port), Port.tcp(IMAGE_STORE_PORT)];
  balancer.addIngressRule(Peer.ipv4(platform.network.cidr), toBalancer, 'Clients in the network');
  balancer.addIngressRule(workers, toBalancer, 'Workers');
  if (port !== 443) workers.addEgressRule(balancer, toBalancer, 'The image store');
  balancer.addEgressRule(store, toStore, 'The image store');
  store.addIngressRule(balancer, toStore, 'Its load balancer');
  store.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS APIs');
  if (platform.identity) openPortOf(store, platform.identity.issuer, 'The issuer of tokens');
  return { balancer, store };
}
