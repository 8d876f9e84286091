/** ECR in memory, as strict as AWS about names, tags that must not move, and batch sizes. */

import {
  type BatchGetImageCommandInput,
  type CreateRepositoryCommandInput,
  type DeleteLifecyclePolicyCommandInput,
  type DeleteRepositoryCommandInput,
  type DescribeRepositoriesCommandInput,
  type GetLifecyclePolicyCommandInput,
  ImageAlreadyExistsException,
  ImageTagAlreadyExistsException,
  type ImageTagMutabilityExclusionFilter,
  LifecyclePolicyNotFoundException,
  type ListTagsForResourceCommandInput,
  type PutImageCommandInput,
  type PutImageScanningConfigurationCommandInput,
  type PutImageTagMutabilityCommandInput,
  type PutLifecyclePolicyCommandInput,
  RepositoryAlreadyExistsException,
  RepositoryNotEmptyException,
  RepositoryNotFoundException,
  type TagResourceCommandInput,
  type UntagResourceCommandInput,
} from '@aws-sdk/client-ecr';
import { tagRecord, upperTags } from '../aws/tags.ts';
import { hashOf } from '../change.ts';
import { type Operations, refuse, type World } from './world.ts';

type Filters = readonly ImageTagMutabilityExclusionFilter[];

interface MemoryImage {
  readonly digest: string;
  readonly manifest: string;
}

interface MemoryRepository {
  readonly repositoryArn: string;
  readonly repositoryName: string;
  readonly repositoryUri: string;
  imageTagMutability: string;
  imageTagMutabilityExclusionFilters: Filters;
  imageScanningConfiguration: { scanOnPush: boolean };
  readonly encryptionConfiguration: { readonly encryptionType: string };
  lifecycle: string | undefined;
  /** By tag. */
  readonly images: Map<string, MemoryImage>;
  /** By digest, tagged or not. */
  readonly manifests: Map<string, string>;
  tags: Record<string, string>;
}

export class MemoryEcr {
  readonly repositories = new Map<string, MemoryRepository>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** What `docker push` of a tiny image does. @returns the digest. */
  push(repository: string, tag: string, treeHash: string): string {
    const digest = this.pushByDigest(repository, treeHash);
    this.#tag(repository, tag, digest);
    return digest;
  }

  /** The same without a tag. @returns the digest. */
  pushByDigest(repository: string, treeHash: string): string {
    const manifest = JSON.stringify({ schemaVersion: 2, annotations: { 'mip.tree-hash': treeHash } });
    const digest = hashOf(manifest);
    this.#find(repository).manifests.set(digest, manifest);
    return digest;
  }

  #tag(repository: string, tag: string, digest: string): void {
    const found = this.#find(repository);
    const before = found.images.get(tag);
    const moves = found.imageTagMutabilityExclusionFilters.some(({ filter = '' }) => matches(filter, tag));
    if (before && before.digest !== digest && found.imageTagMutability.startsWith('IMMUTABLE') !== moves)
      refuse(ImageTagAlreadyExistsException, `The image tag '${tag}' already exists`);
    found.images.set(tag, { digest, manifest: found.manifests.get(digest) ?? '' });
  }

  readonly operations: Operations = {
    CreateRepository: ({ repositoryName = '', imageTagMutability = 'MUTABLE', tags = [], ...input }: CreateRepositoryCommandInput) => {
      if (this.repositories.has(repositoryName)) refuse(RepositoryAlreadyExistsException, `${repositoryName} already exists`);
      const { account, region } = this.#world;
      const repository = {
        repositoryArn: `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`,
        repositoryName,
        repositoryUri: `${account}.dkr.ecr.${region}.amazonaws.com/${repositoryName}`,
        imageTagMutability,
        imageTagMutabilityExclusionFilters: input.imageTagMutabilityExclusionFilters ?? [],
        imageScanningConfiguration: { scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false },
        encryptionConfiguration: { encryptionType: input.encryptionConfiguration?.encryptionType ?? 'AES256' },
        lifecycle: undefined,
        images: new Map(),
        manifests: new Map(),
        tags: tagRecord(tags),
      };
      this.repositories.set(repositoryName, repository);
      return { repository };
    },
    DeleteRepository: ({ repositoryName = '', force }: DeleteRepositoryCommandInput) => {
      if (this.#find(repositoryName).images.size > 0 && !force) refuse(RepositoryNotEmptyException, `${repositoryName} holds images`);
      this.repositories.delete(repositoryName);
      return {};
    },
    DescribeRepositories: ({ repositoryNames = [] }: DescribeRepositoriesCommandInput) => {
      return { repositories: repositoryNames.map((name) => this.#find(name)) };
    },
    PutImageTagMutability: (input: PutImageTagMutabilityCommandInput) => {
      const { repositoryName = '', imageTagMutability = 'MUTABLE', imageTagMutabilityExclusionFilters: filters } = input;
      const found = this.#find(repositoryName);
      found.imageTagMutabilityExclusionFilters = filters ?? [];
      found.imageTagMutability = imageTagMutability;
      return {};
    },
    PutImageScanningConfiguration: ({ repositoryName = '', imageScanningConfiguration }: PutImageScanningConfigurationCommandInput) => {
      this.#find(repositoryName).imageScanningConfiguration = { scanOnPush: imageScanningConfiguration?.scanOnPush ?? false };
      return {};
    },
    PutLifecyclePolicy: ({ repositoryName = '', lifecyclePolicyText = '' }: PutLifecyclePolicyCommandInput) => {
      this.#find(repositoryName).lifecycle = lifecyclePolicyText;
      return {};
    },
    GetLifecyclePolicy: ({ repositoryName = '' }: GetLifecyclePolicyCommandInput) => {
      const { lifecycle } = this.#find(repositoryName);
      return { lifecyclePolicyText: lifecycle ?? refuse(LifecyclePolicyNotFoundException, 'Lifecycle policy does not exist') };
    },
    DeleteLifecyclePolicy: ({ repositoryName = '' }: DeleteLifecyclePolicyCommandInput) => {
      const found = this.#find(repositoryName);
      if (!found.lifecycle) refuse(LifecyclePolicyNotFoundException, 'Lifecycle policy does not exist');
      found.lifecycle = undefined;
      return {};
    },
    BatchGetImage: ({ repositoryName = '', imageIds = [] }: BatchGetImageCommandInput) => {
      const { images, manifests } = this.#find(repositoryName);
      const found = imageIds.flatMap(({ imageTag = '', imageDigest = '' }) => {
        const manifest = manifests.get(imageDigest);
        const image = imageTag ? images.get(imageTag) : manifest && { digest: imageDigest, manifest };
        return image ? [{ imageId: { ...(imageTag && { imageTag }), imageDigest: image.digest }, imageManifest: image.manifest }] : [];
      });
      return { images: found, failures: [] };
    },
    PutImage: ({ repositoryName = '', imageManifest = '', imageTag = '' }: PutImageCommandInput) => {
      const digest = hashOf(imageManifest);
      const { images, manifests } = this.#find(repositoryName);
      if (images.get(imageTag)?.digest === digest)
        refuse(ImageAlreadyExistsException, `Image with digest '${digest}' and tag '${imageTag}' already exists`);
      manifests.set(digest, imageManifest);
      this.#tag(repositoryName, imageTag, digest);
      return {};
    },
    GetAuthorizationToken: () => ({ authorizationData: [{ authorizationToken: Buffer.from('AWS:p:ss').toString('base64') }] }),
    ListTagsForResource: ({ resourceArn }: ListTagsForResourceCommandInput) => ({ tags: upperTags(this.#byArn(resourceArn).tags) }),
    TagResource: ({ resourceArn, tags }: TagResourceCommandInput) => {
      Object.assign(this.#byArn(resourceArn).tags, tagRecord(tags));
      return {};
    },
    UntagResource: ({ resourceArn, tagKeys = [] }: UntagResourceCommandInput) => {
      for (const key of tagKeys) delete this.#byArn(resourceArn).tags[key];
      return {};
    },
  };

  #find(name: string): MemoryRepository {
    return this.repositories.get(name) ?? refuse(RepositoryNotFoundException, `The repository with name '${name}' does not exist`);
  }

  #byArn(arn = ''): MemoryRepository {
    return this.#find(arn.slice(arn.indexOf('/') + 1));
  }
}

/** `*` stands for any characters. */
function matches(filter: string, tag: string): boolean {
  return new RegExp(`^${filter.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(tag);
}
