/** Images in ECR: what a tag points at, and the port through which a missing one gets there. */

import {
  BatchGetImageCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetLifecyclePolicyCommand,
  ImageAlreadyExistsException,
  ImageTagAlreadyExistsException,
  LifecyclePolicyNotFoundException,
  PutImageCommand,
  type Repository,
  RepositoryNotFoundException,
} from '@aws-sdk/client-ecr';
import { TREE_HASH_LABEL } from '@mip/registry/names';

/** What has to be in ECR: the image of a source tree under a version's tag. */
export interface ImageOrder {
  readonly algorithm: string;
  /** Without a tag. */
  readonly repositoryUri: string;
  readonly tag: string;
  /** `sha256:…`; has to be the manifest's annotation `mip.tree-hash`. */
  readonly treeHash: string;
}

/** Who pushes images: in AWS the build action did, in the local cloud a packer does. */
export interface ImagePublisher {
  /** @param ecr of the repository's region. @returns the digest of the manifest, once `tag` points at it. */
  publish(order: ImageOrder, ecr: ECRClient): Promise<string>;
  /** The tree hash of a released version whose image `publish` could still make; undefined where it could not. Left out, it can make none. */
  released?(algorithm: string, version: string): Promise<string | undefined>;
}

/** For AWS: the build action pushes on merge, before reconcile runs. */
export const publishedByBuild: ImagePublisher = {
  async publish({ repositoryUri, tag, treeHash }) {
    const repository = repositoryUri.slice(repositoryUri.lastIndexOf('/') + 1);
    throw new Error(`image ${repository}:${tag} with tree hash ${treeHash} is not in ECR: the build action pushes it`);
  },
};

export interface FoundImage {
  readonly digest: string;
  /** The manifest's annotation; undefined for an image that MIP did not build. */
  readonly treeHash: string | undefined;
}

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** The image that a tag points at, or undefined where there is no such tag or no such repository. */
export async function findImage(ecr: Pick<ECRClient, 'send'>, repository: string, tag: string): Promise<FoundImage | undefined> {
  try {
    const { images = [] } = await ecr.send(
      new BatchGetImageCommand({ repositoryName: repository, imageIds: [{ imageTag: tag }], acceptedMediaTypes: MANIFESTS }),
    );
    const image = images[0];
    if (!image?.imageId?.imageDigest) return undefined;
    const manifest = JSON.parse(image.imageManifest ?? '{}') as { annotations?: Record<string, string> };
    return { digest: image.imageId.imageDigest, treeHash: manifest.annotations?.[TREE_HASH_LABEL] };
  } catch (error) {
    if (error instanceof RepositoryNotFoundException) return undefined;
    throw error;
  }
}

/**
 * Lets a tag point at an image that was pushed by its digest.
 * @throws {Error} when the tag must not move and points at another image, or the image is not there.
 */
export async function tagImage(ecr: Pick<ECRClient, 'send'>, repositoryName: string, digest: string, imageTag: string): Promise<void> {
  const { images = [] } = await ecr.send(
    new BatchGetImageCommand({ repositoryName, imageIds: [{ imageDigest: digest }], acceptedMediaTypes: MANIFESTS }),
  );
  const [{ imageManifest, imageManifestMediaType } = {}] = images;
  if (imageManifest === undefined) throw new Error(`image ${repositoryName}@${digest} is not in ECR: it was not pushed`);
  try {
    await ecr.send(new PutImageCommand({ repositoryName, imageManifest, imageManifestMediaType, imageDigest: digest, imageTag }));
  } catch (error) {
    if (error instanceof ImageAlreadyExistsException) return; // the tag points at it already
    if (!(error instanceof ImageTagAlreadyExistsException)) throw error;
    throw new Error(`${repositoryName}:${imageTag} is another image already, and a version's tag never moves: release a new version`);
  }
}

/** Undefined where there is no such repository. One name a call: one that is missing would fail a whole batch. */
export async function findRepository(ecr: Pick<ECRClient, 'send'>, name: string): Promise<Repository | undefined> {
  try {
    return (await ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [name] }))).repositories?.[0];
  } catch (error) {
    if (error instanceof RepositoryNotFoundException) return undefined;
    throw error;
  }
}

/** The lifecycle policy as JSON, or null where there is none. */
export async function findLifecycle(ecr: Pick<ECRClient, 'send'>, repositoryName: string): Promise<unknown> {
  try {
    const { lifecyclePolicyText } = await ecr.send(new GetLifecyclePolicyCommand({ repositoryName }));
    return JSON.parse(lifecyclePolicyText ?? 'null');
  } catch (error) {
    if (error instanceof LifecyclePolicyNotFoundException) return null;
    throw error;
  }
}
