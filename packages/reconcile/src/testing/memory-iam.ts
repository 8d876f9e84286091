/** IAM in memory, one for the whole account, as strict as AWS about quotas, and what has to go before a role. */

import {
  type AttachRolePolicyCommandInput,
  type CreateRoleCommandInput,
  DeleteConflictException,
  type DeleteRoleCommandInput,
  type DeleteRolePolicyCommandInput,
  type DetachRolePolicyCommandInput,
  EntityAlreadyExistsException,
  type GetRoleCommandInput,
  type GetRolePolicyCommandInput,
  LimitExceededException,
  type ListAttachedRolePoliciesCommandInput,
  type ListRolePoliciesCommandInput,
  type ListRolesCommandInput,
  NoSuchEntityException,
  type PutRolePermissionsBoundaryCommandInput,
  type PutRolePolicyCommandInput,
  type TagRoleCommandInput,
  type UpdateAssumeRolePolicyCommandInput,
  type UpdateRoleCommandInput,
} from '@aws-sdk/client-iam';
import { LIMITS } from '@mip/registry/limits';
import { tagRecord, upperTags } from '../aws/tags.ts';
import { characters } from './policy-rules.ts';
import { type Operations, pageOf, refuse, type World } from './world.ts';

interface MemoryRole {
  readonly name: string;
  readonly arn: string;
  readonly path: string;
  description: string;
  trust: string;
  boundary: string | undefined;
  /** Documents by their names. */
  readonly inline: Map<string, string>;
  readonly attached: Set<string>;
  readonly tags: Record<string, string>;
}

/** AWS may give fewer than were asked for, and does; here so few that a test of 100 roles has to page. */
const PAGE = 40;

export class MemoryIam {
  readonly roles = new Map<string, MemoryRole>();
  /** As AWS gives it; more on request. */
  quota: number = LIMITS.iam.roles.default;
  /** The ARNs of the managed policies that exist. */
  readonly policies: Set<string>;
  readonly #world: World;

  constructor(world: World, policies: readonly string[]) {
    this.#world = world;
    this.policies = new Set(policies);
  }

  readonly operations: Operations = {
    CreateRole: (input: CreateRoleCommandInput) => {
      const { RoleName: name = '', Path: path = '/', AssumeRolePolicyDocument: trust = '', Description: description = '' } = input;
      const tags = tagRecord(input.Tags);
      const boundary = input.PermissionsBoundary;
      this.#checkPolicy(boundary);
      const same = [...this.roles.keys()].some((one) => one.toLowerCase() === name.toLowerCase());
      if (same) refuse(EntityAlreadyExistsException, `Role with name ${name} already exists.`);
      if (this.roles.size >= this.quota) refuse(LimitExceededException, `Cannot exceed quota for RolesPerAccount: ${this.quota}`);
      const arn = `arn:aws:iam::${this.#world.account}:role${path}${name}`;
      const role = { name, arn, path, description, trust, boundary, inline: new Map(), attached: new Set<string>(), tags };
      this.roles.set(name, role);
      return { Role: view(role) };
    },
    GetRole: ({ RoleName }: GetRoleCommandInput) => {
      const role = this.#find(RoleName);
      const boundary = role.boundary && { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: role.boundary };
      return { Role: { ...view(role), Tags: upperTags(role.tags), PermissionsBoundary: boundary } };
    },
    ListRoles: ({ PathPrefix = '/', MaxItems = 100, Marker }: ListRolesCommandInput) => {
      const under = [...this.roles.values()].filter(({ path }) => path.startsWith(PathPrefix));
      const { page, next } = pageOf(under, Math.min(MaxItems, PAGE), Marker);
      return { Roles: page.map(view), IsTruncated: next !== undefined, Marker: next };
    },
    UpdateRole: ({ RoleName, Description = '' }: UpdateRoleCommandInput) => {
      this.#find(RoleName).description = Description;
      return {};
    },
    UpdateAssumeRolePolicy: ({ RoleName, PolicyDocument = '' }: UpdateAssumeRolePolicyCommandInput) => {
      this.#find(RoleName).trust = PolicyDocument;
      return {};
    },
    PutRolePermissionsBoundary: ({ RoleName, PermissionsBoundary }: PutRolePermissionsBoundaryCommandInput) => {
      this.#checkPolicy(PermissionsBoundary);
      this.#find(RoleName).boundary = PermissionsBoundary;
      return {};
    },
    TagRole: ({ RoleName, Tags = [] }: TagRoleCommandInput) => {
      const { tags } = this.#find(RoleName);
      const all = { ...tags, ...tagRecord(Tags) };
      if (Object.keys(all).length > LIMITS.iam.tagsPerRole)
        refuse(LimitExceededException, 'The number of tags has reached the maximum limit.');
      Object.assign(tags, all);
      return {};
    },
    PutRolePolicy: ({ RoleName, PolicyName = '', PolicyDocument = '' }: PutRolePolicyCommandInput) => {
      const { name, inline } = this.#find(RoleName);
      const all = [...new Map(inline).set(PolicyName, PolicyDocument).values()];
      if (all.reduce((sum, one) => sum + characters(one), 0) > LIMITS.iam.inlinePolicyCharacters)
        refuse(LimitExceededException, `Maximum policy size of 10240 bytes exceeded for role ${name}`);
      inline.set(PolicyName, PolicyDocument);
      return {};
    },
    GetRolePolicy: ({ RoleName, PolicyName = '' }: GetRolePolicyCommandInput) => {
      const document = this.#find(RoleName).inline.get(PolicyName) ?? this.#noPolicy(PolicyName);
      return { RoleName, PolicyName, PolicyDocument: encodeURIComponent(document) };
    },
    ListRolePolicies: ({ RoleName, MaxItems = 100, Marker }: ListRolePoliciesCommandInput) => {
      const { page, next } = pageOf([...this.#find(RoleName).inline.keys()], MaxItems, Marker);
      return { PolicyNames: page, IsTruncated: next !== undefined, Marker: next };
    },
    DeleteRolePolicy: ({ RoleName, PolicyName = '' }: DeleteRolePolicyCommandInput) => {
      if (!this.#find(RoleName).inline.delete(PolicyName)) this.#noPolicy(PolicyName);
      return {};
    },
    AttachRolePolicy: ({ RoleName, PolicyArn = '' }: AttachRolePolicyCommandInput) => {
      this.#checkPolicy(PolicyArn);
      this.#find(RoleName).attached.add(PolicyArn);
      return {};
    },
    ListAttachedRolePolicies: ({ RoleName, MaxItems = 100, Marker }: ListAttachedRolePoliciesCommandInput) => {
      const { page, next } = pageOf([...this.#find(RoleName).attached], MaxItems, Marker);
      const AttachedPolicies = page.map((arn) => ({ PolicyArn: arn, PolicyName: arn.slice(arn.lastIndexOf('/') + 1) }));
      return { AttachedPolicies, IsTruncated: next !== undefined, Marker: next };
    },
    DetachRolePolicy: ({ RoleName, PolicyArn = '' }: DetachRolePolicyCommandInput) => {
      if (!this.#find(RoleName).attached.delete(PolicyArn)) this.#noPolicy(PolicyArn);
      return {};
    },
    DeleteRole: ({ RoleName = '' }: DeleteRoleCommandInput) => {
      const { inline, attached } = this.#find(RoleName);
      if (attached.size > 0) refuse(DeleteConflictException, 'Cannot delete entity, must detach all policies first.');
      if (inline.size > 0) refuse(DeleteConflictException, 'Cannot delete entity, must delete policies first.');
      this.roles.delete(RoleName);
      return {};
    },
  };

  #find(name = ''): MemoryRole {
    return this.roles.get(name) ?? refuse(NoSuchEntityException, `The role with name ${name} cannot be found.`);
  }

  #checkPolicy(arn: string | undefined): void {
    const known = arn === undefined || this.policies.has(arn);
    if (!known) refuse(NoSuchEntityException, `Scope ARN: ${arn} does not exist or is not attachable.`);
  }

  #noPolicy(name: string): never {
    return refuse(NoSuchEntityException, `The role policy with name ${name} cannot be found.`);
  }
}

/** As the list has it: no tags, no boundary. */
function view({ name, arn, path, description, trust }: MemoryRole) {
  return { RoleName: name, Arn: arn, Path: path, Description: description, AssumeRolePolicyDocument: encodeURIComponent(trust) };
}
