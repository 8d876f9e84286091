/** What the platform file says, as far as the infrastructure reads it. It comes in parsed and validated: `bin/platform.ts` reads it. */

import { type PhysicalNames, physicalNames } from '@mip/registry/names';

/** The fields of `catalog/platforms/<platform>.yaml` (schema `platform`) that decide infrastructure. */
export interface Platform {
  readonly name: string;
  readonly catalog_id: string;
  readonly prefix: string;
  readonly account: string;
  readonly regions: readonly string[];
  /** `nat_gateways: 0` puts tasks in public subnets with a public address and no ingress: no cost while nothing runs. */
  readonly network: { readonly cidr: string; readonly availability_zones: number; readonly nat_gateways: number };
  readonly limits: { readonly max_request_bytes: number };
  readonly defaults: { readonly log_retention_days: number };
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
