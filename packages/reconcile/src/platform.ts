/** Where reconcile works: one region of one platform, and what CDK put there. Pure. */

import { LIMITS } from '@mip/registry/limits';
import { BUILT_IN_PACS, type PhysicalNames, physicalNames } from '@mip/registry/names';
import type { Quotas } from './quota.ts';
import { THRESHOLDS, type Thresholds } from './thresholds.ts';

/** As long as a slow start of a few tasks, one after the other, takes on Fargate; and as a few cases of a volume. */
const ROLLOUT = { steadySeconds: 900, conformanceSeconds: 900 };
/** Where the platform file says nothing: what AWS gives a new account. */
const QUOTAS: Quotas = { ecs_services: 5000, iam_roles: 1000, ecr_repositories: 100_000, fargate_vcpus: 6 };
/** AWS gives an account 1,000 roles; the platform and others need some. */
const ROLES_UP_TO = 900;
const MOST_BYTES = 2 ** 31;

/** What CDK deployed, from the parameter `/{prefix}/platform/facts`. */
export interface Facts {
  readonly vpc_id: string;
  readonly subnets: readonly string[];
  readonly security_group: string;
  /** True where tasks live in public subnets, having no NAT gateway. */
  readonly assign_public_ip?: boolean;
  readonly cluster: string;
  readonly execution_role_arn: string;
  readonly images_key_secret_arn: string;
  /** Absent where an older version of the platform was deployed. */
  readonly workers_key_secret_arn?: string;
  /** Of the PACSs that ask for credentials, by their names. */
  readonly pacs_secret_arns?: Readonly<Record<string, string>>;
  /** The address of the image store, which ends in `/dicomweb`; absent where there is none. */
  readonly image_store_url?: string;
  readonly log_group: string;
  readonly api_id: string;
  readonly api_url: string;
  /** The WebSocket's API; absent where an older version of the platform was deployed. */
  readonly websocket_api_id?: string;
  readonly websocket_stage?: string;
  readonly websocket_url?: string;
}

/** A PACS as a platform file has it. Workers get all of it; here only these fields are looked at. */
export interface Pacs {
  readonly name: string;
  readonly credentials?: boolean;
}

/** The fields of a platform file (schema `platform`) that reconcile reads. */
export interface PlatformFile {
  readonly name: string;
  readonly catalog_id: string;
  readonly prefix: string;
  readonly account: string;
  readonly images?: { readonly version_tags?: 'immutable' | 'mutable' };
  readonly roles?: { readonly one_each_up_to?: number; readonly classes?: readonly string[] };
  readonly limits?: { readonly max_image_bytes?: number; readonly max_result_bytes?: number };
  readonly pacs?: readonly Pacs[];
  readonly default_pacs?: string;
  readonly quotas?: Partial<Quotas>;
  readonly rollout?: { readonly steady_seconds?: number; readonly conformance_seconds?: number };
  readonly safety?: {
    readonly few?: number;
    readonly deleted_share?: number;
    readonly deleted_of_few?: number;
    readonly updated_share?: number;
    readonly settle_seconds?: number;
  };
}

/** Whose things are looked at, and where: what a read needs. */
export interface Owner {
  /** The value of the tag `mip:managed-by`. */
  readonly catalogId: string;
  readonly region: string;
  readonly names: PhysicalNames;
}

/** How long a new version may take before it is taken for one that does not work. */
export interface Rollout {
  /** Until its service runs as many tasks as it should. */
  readonly steadySeconds: number;
  /** Until its candidate is through all conformance cases. */
  readonly conformanceSeconds: number;
}

/** One region of a platform: what a desired state depends on beside the catalog. */
export interface Platform extends Owner {
  readonly name: string;
  readonly tagPolicy: 'immutable' | 'mutable';
  readonly facts: Facts;
  /** The number of algorithms up to which each has a task role of its own. */
  readonly rolesUpTo: number;
  /** The class of an algorithm that names none. */
  readonly defaultRoleClass: string;
  /** Whether each algorithm has a task role of its own, or they share the platform's roles by class. Set by `desire`. */
  readonly taskRoles: 'own' | 'class';
  /** The most bytes of all images of a job, and of all its results. */
  readonly most: { readonly imageBytes: number; readonly resultBytes: number };
  /** Beside the platform's own image store. */
  readonly pacs: readonly Pacs[];
  /** Of jobs that name none. */
  readonly defaultPacs: string;
  readonly thresholds: Thresholds;
  readonly quotas: Quotas;
  readonly rollout: Rollout;
  /** How long after its withdrawal an algorithm's queue is looked at for jobs that are left. */
  readonly settleSeconds: number;
}

export function platformIn(region: string, file: PlatformFile, facts: Facts): Platform {
  const names = physicalNames({ prefix: file.prefix, account: file.account, region, platform: file.name });
  return {
    name: file.name,
    catalogId: file.catalog_id,
    region,
    names,
    tagPolicy: file.images?.version_tags ?? 'immutable',
    facts,
    rolesUpTo: file.roles?.one_each_up_to ?? ROLES_UP_TO,
    defaultRoleClass: file.roles?.classes?.[0] ?? 'standard',
    taskRoles: 'own',
    most: { imageBytes: file.limits?.max_image_bytes ?? MOST_BYTES, resultBytes: file.limits?.max_result_bytes ?? MOST_BYTES },
    pacs: file.pacs ?? [],
    defaultPacs: file.default_pacs ?? BUILT_IN_PACS,
    quotas: { ...QUOTAS, ...file.quotas },
    rollout: {
      steadySeconds: file.rollout?.steady_seconds ?? ROLLOUT.steadySeconds,
      conformanceSeconds: file.rollout?.conformance_seconds ?? ROLLOUT.conformanceSeconds,
    },
    settleSeconds: file.safety?.settle_seconds ?? LIMITS.sqs.countsSettleSeconds,
    thresholds: {
      few: file.safety?.few ?? THRESHOLDS.few,
      deletedShare: file.safety?.deleted_share ?? THRESHOLDS.deletedShare,
      deletedOfFew: file.safety?.deleted_of_few ?? THRESHOLDS.deletedOfFew,
      updatedShare: file.safety?.updated_share ?? THRESHOLDS.updatedShare,
    },
  };
}
