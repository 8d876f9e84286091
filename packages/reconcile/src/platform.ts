/** Where reconcile works: one region of one platform, and what CDK put there. Pure. */

import { type PhysicalNames, physicalNames } from '@mip/registry/names';

/** What CDK deployed, from the parameter `/{prefix}/platform/facts`. */
export interface Facts {
  readonly vpc_id: string;
  readonly subnets: readonly string[];
  readonly security_group: string;
  /** True where tasks live in public subnets, having no NAT gateway. */
  readonly assign_public_ip?: boolean;
  readonly cluster: string;
  readonly task_role_arn: string;
  readonly execution_role_arn: string;
  readonly images_key_secret_arn: string;
  readonly log_group: string;
  readonly api_id: string;
  readonly api_url: string;
}

/** The fields of a platform file (schema `platform`) that reconcile reads. */
export interface PlatformFile {
  readonly name: string;
  readonly catalog_id: string;
  readonly prefix: string;
  readonly account: string;
  readonly images?: { readonly version_tags?: 'immutable' | 'mutable' };
}

/** Whose things are looked at, and where: what a read needs. */
export interface Owner {
  /** The value of the tag `mip:managed-by`. */
  readonly catalogId: string;
  readonly region: string;
  readonly names: PhysicalNames;
}

/** One region of a platform: what a desired state depends on beside the catalog. */
export interface Platform extends Owner {
  readonly name: string;
  readonly tagPolicy: 'immutable' | 'mutable';
  readonly facts: Facts;
}

export function platformIn(region: string, file: PlatformFile, facts: Facts): Platform {
  const names = physicalNames({ prefix: file.prefix, account: file.account, region, platform: file.name });
  return { name: file.name, catalogId: file.catalog_id, region, names, tagPolicy: file.images?.version_tags ?? 'immutable', facts };
}
