/** What the Lambda of the catalog's calls may do beside reading the registry, and what it is told. */

import { parseEcrName } from '@mip/registry/ecr';
import type { Place } from './platform.ts';
import type { Right } from './rights.ts';
import type { Secrets } from './secrets.ts';

/** It reads the history, finds images by their tags, and speaks to GitHub; it writes nothing in AWS. */
export function administrationRights({ names, platform, region }: Place, { github }: Pick<Secrets, 'github'>): readonly Right[] {
  const own = `arn:aws:ecr:${region}:${platform.account}:repository/*`; // reconcile pushes into each region
  const others = (platform.images?.allowed_registries ?? []).flatMap((allowed) => {
    const from = parseEcrName(allowed); // maybe only the start of a repository
    return from ? [`arn:aws:ecr:${from.region}:${from.account}:repository/${from.repository}*`] : [];
  });
  return [
    { to: ['s3:ListBucket'], on: [names.bucketArn('reconciles')] }, // also tells what is missing from what is refused
    { to: ['s3:GetObject'], on: [`${names.bucketArn('reconciles')}/runs/*`] },
    { to: ['ecr:DescribeImages'], on: [own, ...others] },
    ...(github ? [{ to: ['secretsmanager:GetSecretValue'], on: [github.secretArn] }] : []),
  ];
}

/** Where the catalog is kept; empty where the API changes none. */
export function catalogEnvironment({ platform }: Place): { readonly MIP_CATALOG: string } {
  return { MIP_CATALOG: platform.catalog === undefined ? '' : JSON.stringify(platform.catalog) };
}
