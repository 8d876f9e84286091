/** The ECR repository of an algorithm that MIP builds, with the image of its version in it. */

import {
  CreateRepositoryCommand,
  type ImageTagMutability,
  ListTagsForResourceCommand,
  PutImageTagMutabilityCommand,
  type Repository,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr';
import { TAGS } from '@mip/registry/names';
import { readEach } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { findImage, findRepository } from '../aws/images.ts';
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
  /** True while no algorithm wants the repository, which then only keeps its images. */
  readonly retired: boolean;
}

/** The one tag that moves even where version tags may not. */
const MOVING_TAG = { filterType: 'WILDCARD', filter: 'latest' } as const;
const MUTABILITY: Readonly<Record<TagPolicy, ImageTagMutability>> = { immutable: 'IMMUTABLE_WITH_EXCLUSION', mutable: 'MUTABLE' };

export const imageRepository: Kind<ImageRepositorySpec> = {
  name: 'image-repository',
  permissions: {
    read: ['tag:GetResources', 'ecr:DescribeRepositories', 'ecr:ListTagsForResource', 'ecr:BatchGetImage'],
    write: ['ecr:CreateRepository', 'ecr:PutImageTagMutability', 'ecr:TagResource', 'ecr:UntagResource'],
  },
  causes: { '/tag': '/version', '/treeHash': '/source' },

  desire(algorithm, { names, tagPolicy }) {
    if (algorithm.source === undefined) return [];
    if (!algorithm.treeHash) throw new Error(`${algorithm.name} is built from ${algorithm.source}, but its tree hash was not given`);
    const repository = names.repository(algorithm.name);
    const spec = { repository, tag: `v${algorithm.version}`, treeHash: algorithm.treeHash, tagPolicy, retired: false };
    return [want('image-repository', algorithm, repository, spec)];
  },

  async list(aws, { catalogId }) {
    const listed = new Map<string, Listed>();
    for await (const { arn, tags } of ownedResources(aws.tagging, catalogId, 'ecr:repository'))
      if (!tags[TAGS.retired]) listed.set(arn.slice(arn.indexOf('/') + 1), ownership(tags));
    return listed;
  },

  async inspect(aws, _owner, subjects) {
    const found = await readEach([...subjects], ([name, wanted]) => observe(aws, name, wanted));
    return new Map(found.flatMap((one) => (one ? [[one.name, one]] : [])));
  },

  diff: diffFields,

  refuse(desired, observed) {
    const { spec } = desired;
    const moved = observed.spec.treeHash !== null && observed.spec.treeHash !== spec.treeHash;
    return spec.tagPolicy === 'immutable' && moved
      ? `source changed without a new version: ${spec.repository}:${spec.tag} was built from ${observed.spec.treeHash}, the source is now ${spec.treeHash}`
      : undefined;
  },

  async apply(aws, change, run) {
    if (change.action === 'delete') return retire(aws, change.name, run);
    const wanted = change.wanted as Wanted<ImageRepositorySpec>;
    const repository = change.action === 'create' ? await create(aws, wanted, run) : await update(aws, change, wanted);
    await fill(aws, wanted, repository);
    await tag(aws, repository, tagsOf(wanted, run)); // last: the hash says that the image is there
  },
};

async function observe(
  aws: Aws,
  name: string,
  wanted: Wanted<ImageRepositorySpec> | undefined,
): Promise<Observed<ImageRepositorySpec> | undefined> {
  const repository = await findRepository(aws.ecr, name);
  if (!repository) return undefined;
  const answer = await aws.ecr.send(new ListTagsForResourceCommand({ resourceArn: repository.repositoryArn }));
  const tags = tagRecord(answer.tags);
  if (!wanted && TAGS.retired in tags) return undefined; // gone as far as the catalog is concerned
  const image = wanted && (await findImage(aws.ecr, name, wanted.spec.tag as string));
  const policy = Object.entries(MUTABILITY).find(([, value]) => value === repository.imageTagMutability)?.[0];
  const spec = {
    repository: name,
    tag: image ? (wanted?.spec.tag ?? null) : null,
    treeHash: image ? (image.treeHash ?? `image ${image.digest}`) : null,
    tagPolicy: policy ?? String(repository.imageTagMutability),
    retired: TAGS.retired in tags,
  };
  return { name, ...ownership(tags), spec };
}

async function create(aws: Aws, { name, spec, ...wanted }: Wanted<ImageRepositorySpec>, run: Run): Promise<Repository> {
  const { [TAGS.specHash]: _, ...tags } = tagsOf({ name, spec, ...wanted }, run);
  const { repository } = await aws.ecr.send(
    new CreateRepositoryCommand({
      repositoryName: name,
      ...mutability(spec),
      imageScanningConfiguration: { scanOnPush: true },
      tags: upperTags(tags),
    }),
  );
  return repository as Repository;
}

async function update(aws: Aws, change: Change<ImageRepositorySpec>, { name, spec }: Wanted<ImageRepositorySpec>): Promise<Repository> {
  const repository = await findRepository(aws.ecr, name);
  if (!repository) throw new Error(`repository ${name} went away`);
  if (change.observed?.spec.tagPolicy !== spec.tagPolicy)
    await aws.ecr.send(new PutImageTagMutabilityCommand({ repositoryName: name, ...mutability(spec) }));
  if (change.observed?.spec.retired)
    await aws.ecr.send(new UntagResourceCommand({ resourceArn: repository.repositoryArn, tagKeys: [TAGS.retired] }));
  return repository;
}

function mutability({ tagPolicy }: ImageRepositorySpec) {
  const imageTagMutability = MUTABILITY[tagPolicy as TagPolicy];
  return tagPolicy === 'immutable' ? { imageTagMutability, imageTagMutabilityExclusionFilters: [MOVING_TAG] } : { imageTagMutability };
}

/** Has the image published where its tag is missing or was built from another tree. */
async function fill(aws: Aws, { algorithm, spec }: Wanted<ImageRepositorySpec>, repository: Repository): Promise<void> {
  const treeHash = spec.treeHash as string;
  const tag = spec.tag as string;
  const before = await findImage(aws.ecr, spec.repository, tag);
  if (before?.treeHash === treeHash) return;
  await aws.images.publish({ algorithm, repositoryUri: repository.repositoryUri ?? '', tag, treeHash });
  const after = await findImage(aws.ecr, spec.repository, tag);
  if (after?.treeHash !== treeHash)
    throw new Error(`image ${spec.repository}:${tag} was published with tree hash ${after?.treeHash ?? 'none'}, not ${treeHash}`);
}

async function retire(aws: Aws, name: string, run: Run): Promise<void> {
  const repository = await findRepository(aws.ecr, name);
  if (repository) await tag(aws, repository, { [TAGS.retired]: run.now().toISOString() });
}

async function tag(aws: Aws, { repositoryArn }: Repository, tags: Record<string, string>): Promise<void> {
  await aws.ecr.send(new TagResourceCommand({ resourceArn: repositoryArn, tags: upperTags(tags) }));
}
