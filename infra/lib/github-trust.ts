/** Who may take on the roles that workflows use: those of the platform's repository, or, without one, whom IAM in the account allows. */

import { AccountPrincipal, type IPrincipal, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Platform } from './platform.ts';

/** Where GitHub's tokens come from, and whom they are for. */
export const GITHUB = { issuer: 'token.actions.githubusercontent.com', audience: 'sts.amazonaws.com' } as const;

/** The kinds of job that a role can be for. https://docs.github.com/en/actions/reference/security/oidc */
export interface Trust {
  /** Pull requests from the repository itself (a fork's get no token), and the branch: for what only reads. */
  readonly proposed: IPrincipal;
  /** The branch alone: for what was merged. */
  readonly merged: IPrincipal;
  /** The environment alone, whose protection rules say who approves. */
  readonly approved: IPrincipal;
}

export function trustOf({ account, github }: Platform): Trust {
  if (github === undefined) {
    const whoeverMay = new AccountPrincipal(account);
    return { proposed: whoeverMay, merged: whoeverMay, approved: whoeverMay };
  }
  const { repository, environment = 'production', branch = 'main' } = github;
  const jobs = (...subjects: string[]) =>
    new WebIdentityPrincipal(`arn:aws:iam::${account}:oidc-provider/${GITHUB.issuer}`, {
      StringEquals: {
        [`${GITHUB.issuer}:aud`]: GITHUB.audience,
        [`${GITHUB.issuer}:sub`]: subjects.map((subject) => `repo:${repository}:${subject}`),
      },
    });
  const merged = `ref:refs/heads/${branch}`;
  return { proposed: jobs('pull_request', merged), merged: jobs(merged), approved: jobs(`environment:${environment}`) };
}
