/** IAM roles by name: what they are, and the policies in them and on them. */

import {
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  NoSuchEntityException,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
  paginateListRoles,
  type Role,
} from '@aws-sdk/client-iam';
import { LIMITS } from '@mip/registry/limits';
import { type PolicyDocument, readPolicy } from './policies.ts';

/** Undefined where there is no such role. */
export async function findRole(iam: IAMClient, name: string): Promise<Role | undefined> {
  return unlessMissing(async () => (await iam.send(new GetRoleCommand({ RoleName: name }))).Role);
}

/** Every role under a path, as the list shows it: without tags and boundary. */
export async function* rolesUnder(iam: IAMClient, path: string): AsyncGenerator<Role> {
  for await (const { Roles = [] } of paginateListRoles({ client: iam, pageSize: LIMITS.iam.listPage }, { PathPrefix: path })) yield* Roles;
}

/** The names of the inline policies. */
export async function inlinePolicies(iam: IAMClient, RoleName: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const page of paginateListRolePolicies({ client: iam }, { RoleName })) names.push(...(page.PolicyNames ?? []));
  return names;
}

/** The ARNs of the managed policies. */
export async function attachedPolicies(iam: IAMClient, RoleName: string): Promise<readonly string[]> {
  const arns: string[] = [];
  for await (const page of paginateListAttachedRolePolicies({ client: iam }, { RoleName }))
    arns.push(...(page.AttachedPolicies ?? []).map(({ PolicyArn = '' }) => PolicyArn));
  return arns;
}

export async function readInlinePolicy(iam: IAMClient, RoleName: string, PolicyName: string): Promise<PolicyDocument> {
  const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
  return decodePolicy(PolicyDocument);
}

/** IAM gives documents back as RFC 3986 has them in a URL. */
export function decodePolicy(encoded: string): PolicyDocument {
  return readPolicy(decodeURIComponent(encoded));
}

/** What is missing already, or by now, is undefined. */
export async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof NoSuchEntityException) return undefined;
    throw error;
  }
}
