/**
 * What the local cloud leaves out: the resource types that the emulator refuses, by this list and no other rule.
 * In AWS every one of them is made; `mip up` prints which were removed.
 */

import { CfnResource, type IAspect } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** CloudFormation types that MiniStack 1.5.33 refuses (tried, see docs/adr/0003-emulator.md), each of those the platform might use. */
export const REFUSED_BY_THE_EMULATOR: readonly string[] = [
  'AWS::ApiGatewayV2::VpcLink',
  'AWS::ApplicationAutoScaling::ScalableTarget',
  'AWS::ApplicationAutoScaling::ScalingPolicy',
  'AWS::Backup::BackupSelection',
  'AWS::CloudWatch::CompositeAlarm',
  'AWS::EC2::EIP',
  'AWS::EC2::FlowLog',
  'AWS::EC2::NatGateway',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::ECR::ReplicationConfiguration',
  'AWS::ECS::CapacityProvider',
  'AWS::ECS::ClusterCapacityProviderAssociations',
  'AWS::IAM::OIDCProvider',
  'AWS::SecretsManager::RotationSchedule',
  'AWS::WAFv2::WebACLAssociation',
  'AWS::XRay::SamplingRule',
  'Custom::VpcRestrictDefaultSG',
];

/** One resource that was left out. */
export interface Removed {
  readonly type: string;
  /** The construct's path, which is also what its logical id is made of. */
  readonly path: string;
}

/** Applied to the app only when the endpoint is an emulator. After synthesis `removed` says what it took away, sorted by path. */
export class LocalAspect implements IAspect {
  readonly #removed = new Map<string, Removed>();

  visit(node: IConstruct): void {
    if (!(node instanceof CfnResource) || !REFUSED_BY_THE_EMULATOR.includes(node.cfnResourceType)) return;
    if (node.node.scope?.node.tryRemoveChild(node.node.id))
      this.#removed.set(node.node.path, { type: node.cfnResourceType, path: node.node.path });
  }

  get removed(): readonly Removed[] {
    return [...this.#removed.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }
}
