/** The ECR repository of an algorithm that MIP builds, with the image of its version in it. */

import {
  CreateRepositoryCommand,
  type ImageTagMutability,
  ListTagsForResourceCommand,
  PutImageScanningConfigurationCommand,
  PutImageTagMutabilityCommand,
  PutLifecyclePolicyCommand,
  type Repository,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr';
import { TAGS } from '@mip/registry/names';
import type { Algorithm } from '../algorithm.ts';
import { readEach, readFound } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { findImage, findLifecycle, findRepository } from '../aws/images.ts';
import { ownedResources, tagRecord, upperTags } from '../aws/tags.ts';
import { diffFields } from '../change.ts';
import { type Change, type Kind, type Listed, type Observed, ownership, type Run, tagsOf, type Wanted, want } from './kind.ts';

export type TagPolicy = 'immutable' | 'mutable';

export interface ImageRepositorySpec {
  readonly repository: string;
  /** Both are observed as null where the wanted tag is not there. */
  readonly tag: string | null;
  /** Of the image that `tag` points at. */
  readonly treeHash: string | null;
  readonly tagPolicy: TagPolicy | string;
  /** The tree hashes of further releases by their tags; null where one is not there. */
  readonly releases?: Readonly<Record<string, string | null>>;
  /** Patterns of tags that move even where version tags may not. */
  readonly movingTags: readonly string[];
  readonly scanOnPush: boolean;
  /** As ECR has it; null where there is none. */
  readonly lifecycle: unknown;
  /** Cannot be changed. */
  readonly encryption: string;
  /** True while no algorithm wants the repository, which then only keeps its images. */
  readonly retired: boolean;
}

const MUTABILITY: Readonly<Record<TagPolicy, ImageTagMutability>> = { immutable: 'IMMUTABLE_WITH_EXCLUSION', mutable: 'MUTABLE' };
const MOVING_TAGS: Readonly<Record<TagPolicy, readonly string[]>> = { immutable: ['latest'], mutable: [] };
const ENCRYPTION = 'AES256';
/**
 * What no tag points at goes after 30 days. The images of the architectures have no tag of their own, but are safe: what an index refers
 * to does not expire before the index. https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
 */
const LIFECYCLE = {
  rules: [
    {
      rulePriority: 1,
      description: 'Untagged images go after 30 days.',
      selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 30 },
      action: { type: 'expire' },
    },
  ],
};

export const imageRepository: Kind<ImageRepositorySpec> = {
  name: 'image-repository',
  permissions: {
    read: [
      ...['tag:GetResources', 'ecr:DescribeRepositories', 'ecr:ListTagsForResource'],
      ...['ecr:GetLifecyclePolicy', 'ecr:BatchGetImage'],
    ],
    write: [
      ...['ecr:CreateRepository', 'ecr:PutImageTagMutability', 'ecr:PutImageScanningConfiguration', 'ecr:PutLifecyclePolicy'],
      ...['ecr:TagResource', 'ecr:UntagResource'],
    ],
  },
  causes: { '/tag': '/version', '/treeHash': '/source', '/releases': '/releases' },

  desire(algorithm, { names, tagPolicy }) {
    if (algorithm.source === undefined) return [];
    if (!algorithm.treeHash) throw new Error(`${algorithm.name} is built from ${algorithm.source}, but its tree hash was not given`);
    const repository = names.repository(algorithm.name);
    const spec: ImageRepositorySpec = {
      repository,
      tag: `v${algorithm.version}`,
      treeHash: algorithm.treeHash,
      ...releasesOf(algorithm),
      tagPolicy,
      movingTags: MOVING_TAGS[tagPolicy],
      scanOnPush: true,
      lifecycle: LIFECYCLE,
      encryption: ENCRYPTION,
      retired: false,
    };
    return [want('image-repository', algorithm, repository, spec)];
  },

  async list(aws, { catalogId }) {
    const listed = new Map<string, Listed>();
    for await (const { arn, tags } of ownedResources(aws.tagging, catalogId, 'ecr:repository'))
      if (!tags[TAGS.retired]) listed.set(arn.slice(arn.indexOf('/') + 1), ownership(tags));
    return listed;
  },

  async inspect(aws, _owner, subjects) {
    return readFound(subjects, ([name, wanted]) => observe(aws, name, wanted));
  },

  diff: diffFields,

  refuse(desired, observed) {
    const { spec } = desired;
    if (observed.spec.encryption !== spec.encryption)
      return `${spec.repository} is encrypted with ${observed.spec.encryption}, and a repository's encryption cannot be changed`;
    const moved = observed.spec.treeHash !== null && observed.spec.treeHash !== spec.treeHash;
    return spec.tagPolicy === 'immutable' && moved
      ? `source changed without a new version: ${spec.repository}:${spec.tag} was built from ${observed.spec.treeHash}, the source is now ${spec.treeHash}`
      : undefined;
  },

  async apply(aws, change, run) {
    if (change.action === 'delete') return retire(aws, change.name, run);
    const wanted = change.wanted as Wanted<ImageRepositorySpec>;
    const repository = change.action === 'create' ? await create(aws, wanted, run) : await update(aws, change, wanted);
    if (diffFields(wanted.spec.lifecycle, change.observed?.spec.lifecycle).length > 0) await putLifecycle(aws, wanted.spec);
    await fill(aws, wanted, repository);
    await tag(aws, repository, tagsOf(wanted, run)); // the hash says that the image is there
    if (change.observed?.spec.retired) await unretire(aws, repository); // last: from here on the hash is believed
  },
};

function releasesOf({ further = [] }: Algorithm): Pick<ImageRepositorySpec, 'releases'> {
  const tags = further.map(({ version, treeHash = '' }) => [`v${version}`, treeHash] as const);
  return tags.length > 0 ? { releases: Object.fromEntries(tags) } : {};
}

async function observe(
  aws: Aws,
  name: string,
  wanted: Wanted<ImageRepositorySpec> | undefined,
): Promise<Observed<ImageRepositorySpec> | undefined> {
  const repository = await findRepository(aws.ecr, name);
  if (!repository) return undefined;
  const [answer, lifecycle] = await Promise.all([
    aws.ecr.send(new ListTagsForResourceCommand({ resourceArn: repository.repositoryArn })),
    findLifecycle(aws.ecr, name),
  ]);
  const tags = tagRecord(answer.tags);
  if (!wanted && TAGS.retired in tags) return undefined; // gone as far as the catalog is concerned
  const image = wanted && (await findImage(aws.ecr, name, wanted.spec.tag as string));
  const releases = wanted?.spec.releases && (await treeHashesOf(aws, name, Object.keys(wanted.spec.releases)));
  const policy = Object.entries(MUTABILITY).find(([, value]) => value === repository.imageTagMutability)?.[0];
  const spec = {
    repository: name,
    tag: image ? (wanted?.spec.tag ?? null) : null,
    treeHash: image ? (image.treeHash ?? `image ${image.digest}`) : null,
    ...(releases && { releases }),
    tagPolicy: policy ?? String(repository.imageTagMutability),
    movingTags: (repository.imageTagMutabilityExclusionFilters ?? []).map(({ filter = '' }) => filter).sort(),
    scanOnPush: repository.imageScanningConfiguration?.scanOnPush ?? false,
    lifecycle,
    encryption: repository.encryptionConfiguration?.encryptionType ?? ENCRYPTION,
    retired: TAGS.retired in tags,
  };
  return { name, ...ownership(tags), spec };
}

async function treeHashesOf(aws: Aws, name: string, tags: readonly string[]): Promise<Readonly<Record<string, string | null>>> {
  const found = await readEach(tags, async (tag) => [tag, (await findImage(aws.ecr, name, tag))?.treeHash ?? null] as const);
  return Object.fromEntries(found);
}

async function create(aws: Aws, { name, spec, ...wanted }: Wanted<ImageRepositorySpec>, run: Run): Promise<Repository> {
  const { [TAGS.specHash]: _, ...tags } = tagsOf({ name, spec, ...wanted }, run);
  const { repository } = await aws.ecr.send(
    new CreateRepositoryCommand({
      repositoryName: name,
      ...mutability(spec),
      imageScanningConfiguration: { scanOnPush: spec.scanOnPush },
      encryptionConfiguration: { encryptionType: ENCRYPTION },
      tags: upperTags(tags),
    }),
  );
  return repository as Repository;
}

async function update(aws: Aws, { observed }: Change<ImageRepositorySpec>, wanted: Wanted<ImageRepositorySpec>): Promise<Repository> {
  const { name: repositoryName, spec } = wanted;
  const repository = await findRepository(aws.ecr, repositoryName);
  if (!repository) throw new Error(`repository ${repositoryName} went away`);
  const { tagPolicy, movingTags, scanOnPush } = observed?.spec ?? {};
  if (diffFields({ tagPolicy: spec.tagPolicy, movingTags: spec.movingTags }, { tagPolicy, movingTags }).length > 0)
    await aws.ecr.send(new PutImageTagMutabilityCommand({ repositoryName, ...mutability(spec) }));
  if (scanOnPush !== spec.scanOnPush) {
    const imageScanningConfiguration = { scanOnPush: spec.scanOnPush };
    await aws.ecr.send(new PutImageScanningConfigurationCommand({ repositoryName, imageScanningConfiguration }));
  }
  return repository;
}

function mutability({ tagPolicy, movingTags }: ImageRepositorySpec) {
  const imageTagMutability = MUTABILITY[tagPolicy as TagPolicy];
  const filters = movingTags.map((filter) => ({ filterType: 'WILDCARD' as const, filter }));
  return filters.length > 0 ? { imageTagMutability, imageTagMutabilityExclusionFilters: filters } : { imageTagMutability };
}

async function putLifecycle(aws: Aws, { repository: repositoryName, lifecycle }: ImageRepositorySpec): Promise<void> {
  await aws.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText: JSON.stringify(lifecycle) }));
}

async function unretire(aws: Aws, { repositoryArn: resourceArn }: Repository): Promise<void> {
  await aws.ecr.send(new UntagResourceCommand({ resourceArn, tagKeys: [TAGS.retired] }));
}

/** Has the images published whose tag is missing or was built from another tree. */
async function fill(aws: Aws, { algorithm, spec }: Wanted<ImageRepositorySpec>, repository: Repository): Promise<void> {
  const images = { ...spec.releases, [spec.tag as string]: spec.treeHash };
  for (const [tag, treeHash] of Object.entries(images)) {
    const before = await findImage(aws.ecr, spec.repository, tag);
    if (before?.treeHash === treeHash) continue;
    const order = { algorithm, repositoryUri: repository.repositoryUri ?? '', tag, treeHash: treeHash as string };
    await aws.images.publish(order, aws.ecr);
    const after = await findImage(aws.ecr, spec.repository, tag);
    if (after?.treeHash !== treeHash)
      throw new Error(`image ${spec.repository}:${tag} was published with tree hash ${after?.treeHash ?? 'none'}, not ${treeHash}`);
  }
}

async function retire(aws: Aws, name: string, run: Run): Promise<void> {
  const repository = await findRepository(aws.ecr, name);
  if (repository) await tag(aws, repository, { [TAGS.retired]: run.now().toISOString() });
}

async function tag(aws: Aws, { repositoryArn }: Repository, tags: Record<string, string>): Promise<void> {
  await aws.ecr.send(new TagResourceCommand({ resourceArn: repositoryArn, tags: upperTags(tags) }));
}
