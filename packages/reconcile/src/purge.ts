/** Image repositories that no algorithm wants any more: they keep what made earlier results until somebody says that they may go. */

import { DeleteRepositoryCommand, ListTagsForResourceCommand, RepositoryNotFoundException } from '@aws-sdk/client-ecr';
import { Registry } from '@mip/registry';
import { TAGS } from '@mip/registry/names';
import type { Algorithm } from './algorithm.ts';
import type { Aws } from './aws/clients.ts';
import { findRepository } from './aws/images.ts';
import { ownedResources, tagRecord } from './aws/tags.ts';
import type { Owner } from './platform.ts';

/** `since` is ISO 8601. */
export interface Retired {
  readonly algorithm: string;
  readonly repository: string;
  readonly since: string;
}

/** Sorted by algorithm. The tag index lags behind by seconds: `purge` looks again. */
export async function retiredRepositories(aws: Aws, { catalogId }: Owner): Promise<readonly Retired[]> {
  const found: Retired[] = [];
  for await (const { arn, tags } of ownedResources(aws.tagging, catalogId, 'ecr:repository')) {
    const since = tags[TAGS.retired];
    const repository = arn.slice(arn.indexOf('/') + 1);
    if (since !== undefined) found.push({ algorithm: tags[TAGS.algorithm] ?? repository, repository, since });
  }
  return found.sort((a, b) => (a.algorithm < b.algorithm ? -1 : 1));
}

/**
 * Deletes a repository with all its images, for good; one that is gone already is fine.
 * @param algorithms of the catalog: one that was rolled back to an image by its digest runs from a repository that is retired.
 * @throws Error when an algorithm wants it or runs from it, a release or a pin needs it, or it is not owned.
 */
export async function purge(
  aws: Aws,
  { catalogId, names }: Owner,
  repository: string,
  algorithms: readonly Pick<Algorithm, 'name' | 'image_uri' | 'releases'>[],
): Promise<void> {
  const found = await findRepository(aws.ecr, repository);
  if (!found) return;
  const runs = algorithms.find(({ image_uri = '' }) => image_uri.startsWith(`${found.repositoryUri}@`));
  if (runs) throw new Error(`image repository ${repository} holds the image that ${runs.name} runs: its image_uri names it`);
  const own = algorithms.find(({ name }) => names.repository(name) === repository);
  const served = own?.releases?.find(({ yanked }) => !yanked);
  if (served) throw new Error(`image repository ${repository} holds the image of ${own?.name} ${served.version}, which the catalog serves`);
  const [row] = own ? await new Registry(aws.dynamodb, names.table('algorithms')).getMany([own.name]) : [];
  if (row?.pin) throw new Error(`image repository ${repository} may hold the image that ${own?.name} is pinned to (${row.pin.version})`);
  const tags = tagRecord((await aws.ecr.send(new ListTagsForResourceCommand({ resourceArn: found.repositoryArn }))).tags);
  if (tags[TAGS.managedBy] !== catalogId) throw new Error(`image repository ${repository} does not belong to this catalog`);
  if (tags[TAGS.retired] === undefined) throw new Error(`image repository ${repository} is not retired: an algorithm wants it`);
  try {
    await aws.ecr.send(new DeleteRepositoryCommand({ repositoryName: repository, force: true }));
  } catch (error) {
    if (!(error instanceof RepositoryNotFoundException)) throw error;
  }
}
