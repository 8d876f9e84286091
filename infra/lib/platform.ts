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
  readonly limits: Limits;
  /** Whose tokens the API and the image store take; they look at the rest of it. */
  readonly identity?: { readonly issuer: string };
  readonly defaults: { readonly log_retention_days: number };
  readonly websocket?: WebSocketPlace;
  readonly roles?: { readonly classes?: readonly string[] };
  readonly image_store?: ImageStore;
  readonly capacity?: { readonly gpu?: boolean | Partial<GpuCapacity> };
  /** The private hosts and CIDRs that callbacks may go to. */
  readonly callbacks?: { readonly allow?: readonly string[] };
  /** Whose requests are taken although a rule says no. */
  readonly admission?: { readonly override_roles?: readonly string[] };
  /** Beside the platform's own image store. */
  readonly pacs?: readonly Pacs[];
  /** Of requests that name none; without it the platform's own image store. */
  readonly default_pacs?: string;
  /** Where the Admin API proposes changes; without it it makes none. */
  readonly catalog?: CatalogPlace;
  readonly images?: { readonly allowed_registries?: readonly string[] };
  /** Whose workflows deploy and reconcile; without it the account itself says who may. */
  readonly github?: GitHub;
}

export interface Limits {
  readonly max_request_bytes: number;
  readonly max_image_bytes: number;
  readonly client_requests_per_minute: number;
  readonly client_open_jobs: number;
  /** For how long the router may go by a row of the registry that it has read. */
  readonly registry_cache_seconds: number;
}

/** Where the WebSocket is reached if not at API Gateway's own addresses. */
export interface WebSocketPlace {
  /** What clients connect to. */
  readonly url?: string;
  /** Where its connections are managed, without the API's id and its stage. */
  readonly connections_url?: string;
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

export interface GpuCapacity {
  readonly instance_type: string;
  readonly max_instances: number;
}

/** What workers and the router are told of it, word for word; here only this is looked at. */
export interface Pacs {
  readonly name: string;
  readonly url: string;
  /** True where it asks for some, which lie in Secrets Manager. */
  readonly credentials?: boolean;
}

/** One of `repository` and `folder`; what the Lambda is told of it, word for word. */
export interface CatalogPlace {
  readonly repository?: string;
  readonly branch?: string;
  readonly path?: string;
  readonly api_url?: string;
  /** Of this machine, whole. */
  readonly folder?: string;
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

/** Which platform a Lambda or a task works for: what `readScope` of the registry reads, beside the region. */
export function scopeEnvironment({ platform }: Place): {
  readonly MIP_PREFIX: string;
  readonly MIP_PLATFORM: string;
  readonly MIP_ACCOUNT: string;
} {
  return { MIP_PREFIX: platform.prefix, MIP_PLATFORM: platform.name, MIP_ACCOUNT: platform.account };
}

/** The PACSs as workers and the router get them: without secrets, which have names of their own. */
export function pacsEnvironment({ platform }: Place): { readonly MIP_PACS: string; readonly MIP_DEFAULT_PACS: string } {
  return { MIP_PACS: JSON.stringify(platform.pacs ?? []), MIP_DEFAULT_PACS: platform.default_pacs ?? BUILT_IN_PACS };
}

/** Where callbacks may go beside public addresses: the router asks before it takes one, the notifier before it makes one. */
export function callbacksEnvironment({ platform }: Place): { readonly MIP_CALLBACKS: string } {
  return { MIP_CALLBACKS: JSON.stringify(platform.callbacks?.allow ?? []) };
}

/** Whose tokens the API and the image store take; nothing where the platform names no issuer. */
export function identityEnvironment({ platform }: Place): Readonly<Record<string, string>> {
  return platform.identity ? { MIP_IDENTITY: JSON.stringify(platform.identity) } : {};
}

/** The classes that algorithms may share a task role by. */
export function roleClasses({ platform }: Place): readonly string[] {
  return platform.roles?.classes ?? ['standard'];
}
