/** ECR in memory, as strict as AWS about names, tags that must not move, and batch sizes. */

import {
  type BatchGetImageCommandInput,
  type CreateRepositoryCommandInput,
  type DeleteRepositoryCommandInput,
  type DescribeRepositoriesCommandInput,
  ImageTagAlreadyExistsException,
  InvalidParameterException,
  type ListTagsForResourceCommandInput,
  type PutImageTagMutabilityCommandInput,
  RepositoryAlreadyExistsException,
  RepositoryNotEmptyException,
  RepositoryNotFoundException,
  type TagResourceCommandInput,
  type UntagResourceCommandInput,
} from '@aws-sdk/client-ecr';
import { LIMITS } from '@mip/registry/limits';
import { tagRecord, upperTags } from '../aws/tags.ts';
import { hashOf } from '../change.ts';
import { checkTags, type Operations, refuse, type World } from './world.ts';

interface MemoryRepository {
  readonly repositoryArn: string;
  readonly repositoryName: string;
  readonly repositoryUri: string;
  imageTagMutability: string;
  readonly images: Map<string, { readonly digest: string; readonly manifest: string }>;
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
    const found = this.#find(repository);
    const manifest = JSON.stringify({ schemaVersion: 2, annotations: { 'mip.tree-hash': treeHash } });
    const digest = hashOf(manifest);
    const before = found.images.get(tag);
    if (before && before.digest !== digest && found.imageTagMutability !== 'MUTABLE' && tag !== 'latest')
      refuse(ImageTagAlreadyExistsException, `The image tag '${tag}' already exists`);
    found.images.set(tag, { digest, manifest });
    return digest;
  }

  readonly operations: Operations = {
    CreateRepository: ({ repositoryName = '', imageTagMutability = 'MUTABLE', tags = [] }: CreateRepositoryCommandInput) => {
      const { min, max, pattern } = LIMITS.ecr.repositoryName;
      if (repositoryName.length < min || repositoryName.length > max || !pattern.test(repositoryName))
        refuse(InvalidParameterException, `Invalid parameter at 'repositoryName': ${repositoryName}`);
      if (this.repositories.has(repositoryName)) refuse(RepositoryAlreadyExistsException, `${repositoryName} already exists`);
      checkTags(tagRecord(tags));
      const { account, region } = this.#world;
      const repository = {
        repositoryArn: `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`,
        repositoryName,
        repositoryUri: `${account}.dkr.ecr.${region}.amazonaws.com/${repositoryName}`,
        imageTagMutability,
        images: new Map(),
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
      if (repositoryNames.length > 100) refuse(InvalidParameterException, 'more than 100 repository names');
      return { repositories: repositoryNames.map((name) => this.#find(name)) };
    },
    PutImageTagMutability: ({ repositoryName = '', imageTagMutability = 'MUTABLE' }: PutImageTagMutabilityCommandInput) => {
      this.#find(repositoryName).imageTagMutability = imageTagMutability;
      return {};
    },
    BatchGetImage: ({ repositoryName = '', imageIds = [] }: BatchGetImageCommandInput) => {
      if (imageIds.length > LIMITS.ecr.batchGetImage) refuse(InvalidParameterException, 'more than 100 image ids');
      const { images } = this.#find(repositoryName);
      const found = imageIds.flatMap(({ imageTag = '' }) => {
        const image = images.get(imageTag);
        return image ? [{ imageId: { imageTag, imageDigest: image.digest }, imageManifest: image.manifest }] : [];
      });
      return { images: found, failures: [] };
    },
    ListTagsForResource: ({ resourceArn }: ListTagsForResourceCommandInput) => ({ tags: upperTags(this.#byArn(resourceArn).tags) }),
    TagResource: ({ resourceArn, tags }: TagResourceCommandInput) => {
      checkTags(tagRecord(tags));
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
