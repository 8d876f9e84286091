/** What the platform file says, as far as the infrastructure reads it. It comes in parsed and validated: `bin/platform.ts` reads it. */

import { BUILT_IN_PACS, type PhysicalNames, physicalNames } from '@mip/registry/names';

/** The fields of `catalog/platforms/<platform>.yaml` (schema `platform`) that decide infrastructure. */
export interface Platform {
  readonly name: string;
  readonly catalog_id: string;
  readonly prefix: string;
  readonly account: string;
  readonly regions: readonly string[];
  /** True where the endpoint is an emulator, which refuses some resource types. */
  readonly emulated?: boolean;
  /** `nat_gateways: 0` puts tasks in public subnets with a public address and no ingress: no cost while nothing runs. */
  readonly network: { readonly cidr: string; readonly availability_zones: number; readonly nat_gateways: number };
  readonly limits: { readonly max_request_bytes: number; readonly max_image_bytes: number };
  readonly defaults: { readonly log_retention_days: number };
  readonly roles?: { readonly classes?: readonly string[] };
  readonly image_store?: ImageStore;
  /** Beside the platform's own image store. */
  readonly pacs?: readonly Pacs[];
  /** Of requests that name none; without it the platform's own image store. */
  readonly default_pacs?: string;
  /** Whose workflows deploy and reconcile; without it the account itself says who may. */
  readonly github?: GitHub;
}

export interface ImageStore {
  /** Pinned by digest. Without it there is no image store yet, only the repository that its image can be pushed to. */
  readonly image_uri?: string;
  /** Fargate CPU units, MiB. */
  readonly cpu: number;
  readonly memory: number;
  readonly tasks: number;
  /** Both or neither: HTTPS under that name, else HTTP under the load balancer's own. */
  readonly certificate_arn?: string;
  readonly domain?: string;
}

/** What workers and the router are told of it, word for word; here only this is looked at. */
export interface Pacs {
  readonly name: string;
  readonly url: string;
  /** True where it asks for some, which lie in Secrets Manager. */
  readonly credentials?: boolean;
}

export interface GitHub {
  /** As the `sub` of its tokens has it: `owner/name`, or `owner@id/name@id` with immutable subject claims. */
  readonly repository: string;
  readonly environment?: string;
  readonly branch?: string;
  /** True where the account has no OIDC provider of GitHub yet. */
  readonly create_provider?: boolean;
}

/** One region of a platform: what every construct below takes. */
export interface Place {
  readonly platform: Platform;
  readonly region: string;
  readonly names: PhysicalNames;
}

export function place(platform: Platform, region: string): Place {
  const { prefix, account, name } = platform;
  return { platform, region, names: physicalNames({ prefix, account, region, platform: name }) };
}

/** The PACSs as workers and the router get them: without secrets, which have names of their own. */
export function pacsEnvironment({ platform }: Place): { readonly MIP_PACS: string; readonly MIP_DEFAULT_PACS: string } {
  return { MIP_PACS: JSON.stringify(platform.pacs ?? []), MIP_DEFAULT_PACS: platform.default_pacs ?? BUILT_IN_PACS };
}

/** The classes that algorithms may share a task role by. */
export function roleClasses({ platform }: Place): readonly string[] {
  return platform.roles?.classes ?? ['standard'];
}
