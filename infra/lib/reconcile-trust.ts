/** Who may take on the roles of reconcile: workflows of the platform's repository, or, without one, whom IAM in the account allows. */

import { RemovalPolicy } from 'aws-cdk-lib';
import { AccountPrincipal, CfnOIDCProvider, type IPrincipal, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { GitHub, Place } from './platform.ts';

const ISSUER = 'token.actions.githubusercontent.com';
const AUDIENCE = 'sts.amazonaws.com';

export interface Trust {
  readonly plan: IPrincipal;
  readonly apply: IPrincipal;
}

/**
 * Plan trusts pull requests of the repository itself (a fork's gets no token) and the branch; apply trusts the environment alone, whose
 * protection rules then say who may approve. https://docs.github.com/en/actions/reference/security/oidc
 */
export function trustOf({ platform: { account, github } }: Place): Trust {
  if (github === undefined) return { plan: new AccountPrincipal(account), apply: new AccountPrincipal(account) };
  const { repository, environment = 'production', branch = 'main' } = github;
  const workflows = (...subjects: string[]) =>
    new WebIdentityPrincipal(`arn:aws:iam::${account}:oidc-provider/${ISSUER}`, {
      StringEquals: { [`${ISSUER}:aud`]: AUDIENCE, [`${ISSUER}:sub`]: subjects.map((subject) => `repo:${repository}:${subject}`) },
    });
  return { plan: workflows('pull_request', `ref:refs/heads/${branch}`), apply: workflows(`environment:${environment}`) };
}

/** An account holds one provider of an address, whatever the region: made on request only, in the home region, and left when the stack goes. */
export function addProvider(scope: Construct, { platform, region }: Place): void {
  const github: GitHub | undefined = platform.github;
  if (!github?.create_provider || region !== platform.regions[0]) return;
  const provider = new CfnOIDCProvider(scope, 'GitHub', { url: `https://${ISSUER}`, clientIdList: [AUDIENCE] });
  provider.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
}
