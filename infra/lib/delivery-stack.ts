/**
 * What an account has once for GitHub, whatever the regions: the OIDC provider, and the role that deploys the platform. It is deployed
 * before the platform's stacks, whose roles trust the provider; only a platform whose file names a repository has it.
 */

import { CfnOutput, Duration, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { CfnOIDCProvider, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { GITHUB, trustOf } from './github-trust.ts';
import type { Place, Platform } from './platform.ts';
import { policyOf, type Right } from './rights.ts';

/** Of `cdk bootstrap`, unless somebody gave it another. */
const QUALIFIER = 'hnb659fds';

export class DeliveryStack extends Stack {
  /** @param place the home region. */
  constructor(scope: Construct, place: Place) {
    const { platform, region, names } = place;
    super(scope, names.deliveryStack, {
      stackName: names.deliveryStack,
      description: `How GitHub reaches the MIP platform ${platform.name}`,
      env: { account: platform.account, region },
    });
    Tags.of(this).add('mip:platform', platform.name);
    if (platform.github?.create_provider) addProvider(this);
    addDeployRole(this, place);
  }
}

/** An account holds one provider of an address: made on request only, and left when the stack goes, for others may trust it. */
function addProvider(scope: Construct): void {
  const provider = new CfnOIDCProvider(scope, 'GitHub', { url: `https://${GITHUB.issuer}`, clientIdList: [GITHUB.audience] });
  provider.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
}

/** It may do nothing itself but become the CDK's own roles, and those may do anything: hence the environment alone. */
function addDeployRole(scope: Construct, { platform, names }: Place): void {
  new Role(scope, 'DeployRole', {
    path: names.rolePath,
    roleName: names.deployRole,
    maxSessionDuration: Duration.hours(1),
    description: 'mip deploy: become the roles of cdk bootstrap',
    assumedBy: trustOf(platform).approved,
    inlinePolicies: { deploy: policyOf(deployRights(platform)) },
  });
  new CfnOutput(scope, 'DeployRoleArn', { value: names.roleArn(names.deployRole) });
}

function deployRights({ account, regions }: Platform): readonly Right[] {
  const roles = ['deploy', 'file-publishing', 'lookup'];
  const bootstrapped = (region: string, role: string) => `arn:aws:iam::${account}:role/cdk-${QUALIFIER}-${role}-role-${account}-${region}`;
  const version = (region: string) => `arn:aws:ssm:${region}:${account}:parameter/cdk-bootstrap/${QUALIFIER}/version`;
  return [
    { to: ['sts:AssumeRole'], on: regions.flatMap((region) => roles.map((role) => bootstrapped(region, role))) },
    { to: ['ssm:GetParameter'], on: regions.map(version) },
  ];
}
