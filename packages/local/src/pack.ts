/** Images without a container engine: an algorithm's folder, its built library, the SDK and the kernels as one OCI layer. */
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { type Algorithm, contentOf, imageFolders, type TreeFile, treeFiles, treeHash } from '@mip/catalog';
import type { ImageOrder, ImagePublisher } from '@mip/reconcile';
import { TREE_HASH_LABEL } from '@mip/registry';
import { buildNative } from './build.ts';
import { type Entry, HOME, imageOf, type Layer, layerOf, pushImage, type Settings } from './oci-image.ts';
import { OciRepository } from './oci-registry.ts';
import { type SourceTree, withReleaseOf } from './release-sources.ts';

/** What an image holds of an algorithm's folder, and what it does not. */
const NOT_IN_IMAGE = /^(tests|src)\/|^(Dockerfile|README\.md)$/;

/** Packs an algorithm's sources and pushes them to the emulator's ECR: what the build action does in AWS. */
export class LocalPublisher implements ImagePublisher {
  readonly #root: string;
  readonly #endpoint: string;
  readonly #algorithms: readonly Algorithm[];

  constructor(options: { root: string; endpoint: string; algorithms: readonly Algorithm[] }) {
    this.#root = options.root;
    this.#endpoint = options.endpoint;
    this.#algorithms = options.algorithms;
  }

  /** @throws {Error} when the sources changed since they were hashed: the image would not be what its label says. */
  async publish(order: ImageOrder): Promise<string> {
    const algorithm = this.#algorithms.find(({ name }) => name === order.algorithm);
    if (order.tag !== `v${algorithm?.version}`) return this.#publishRelease(order);
    if (!algorithm?.source) throw new Error(`${order.algorithm} has no source folder to pack`);
    return this.#pack(order, { root: this.#root, source: algorithm.source, algorithm_type: algorithm.algorithm_type });
  }

  /** From the commit that released it, where the history has one. */
  released(algorithm: string, version: string): Promise<string | undefined> {
    return withReleaseOf(this.#root, { algorithm, version }, ({ root, source }) => treeHash(root, imageFolders(source)));
  }

  async #publishRelease(order: ImageOrder): Promise<string> {
    const { algorithm, tag } = order;
    const digest = await withReleaseOf(this.#root, { algorithm, version: tag.slice(1) }, (release) => this.#pack(order, release));
    if (digest === undefined)
      throw new Error(`the history has no commit with ${algorithm} ${tag.slice(1)}, so its image cannot be packed again`);
    return digest;
  }

  async #pack(order: ImageOrder, { root, ...algorithm }: SourceTree): Promise<string> {
    await buildNative(root, algorithm);
    const layer = await packLayer(root, algorithm.source);
    if ((await treeHash(root, imageFolders(algorithm.source))) !== order.treeHash) {
      throw new Error(`the sources of ${order.algorithm} changed while they were packed: apply again`);
    }
    const labels = {
      [TREE_HASH_LABEL]: order.treeHash,
      'org.opencontainers.image.title': order.algorithm,
      'org.opencontainers.image.version': order.tag,
    };
    const repository = new OciRepository(this.#endpoint, repositoryName(order.repositoryUri));
    return pushImage(repository, order.tag, imageOf(layer, settings(), labels));
  }
}

/** The repository's name in its URI: what stands behind the registry's host. */
function repositoryName(uri: string): string {
  return uri.slice(uri.indexOf('/') + 1);
}

function settings(): Settings {
  return {
    Entrypoint: ['python3', '-m', 'mip_sdk'],
    WorkingDir: `/${HOME}/algorithm`,
    Env: [
      `PYTHONPATH=/${HOME}/sdk:/${HOME}/algorithm`,
      `MIP_ALGORITHM_DIR=/${HOME}/algorithm`,
      `MIP_KERNELS=/${HOME}/kernels/lib/libmip_kernels.so`,
    ],
  };
}

/** The same sources give the same bytes. */
export async function packLayer(root: string, source: string): Promise<Layer> {
  return layerOf(await entriesOf(root, source));
}

async function entriesOf(root: string, source: string): Promise<readonly Entry[]> {
  const sources = await treeFiles(root, [source, 'algorithms/sdk/mip_sdk']);
  const wanted = sources.flatMap((file) => {
    const path = pathInImage(file.path, source);
    return path ? [{ file, path }] : [];
  });
  const files = wanted.map(async ({ file, path }) => ({ path, content: await contentOf(root, file), executable: isExecutable(file) }));
  const built = [
    ...(await builtFiles(root, posix.join(source, 'build'), `${HOME}/algorithm/build`)),
    ...(await builtFiles(root, 'algorithms/kernels/build', `${HOME}/kernels/lib`)),
  ];
  return [...(await Promise.all(files)), ...built];
}

function pathInImage(path: string, source: string): string | undefined {
  if (path.startsWith(`${source}/`)) {
    const inside = path.slice(source.length + 1);
    return NOT_IN_IMAGE.test(inside) ? undefined : `${HOME}/algorithm/${inside}`;
  }
  return `${HOME}/sdk/${path.slice('algorithms/sdk/'.length)}`;
}

/** The shared libraries of a build folder; none where there is no such folder. */
async function builtFiles(root: string, folder: string, target: string): Promise<readonly Entry[]> {
  const names = await readdir(join(root, folder)).catch(() => []);
  const libraries = names.filter((name) => name.endsWith('.so'));
  return Promise.all(
    libraries.map(async (name) => ({ path: `${target}/${name}`, content: await readFile(join(root, folder, name)), executable: true })),
  );
}

function isExecutable(file: TreeFile): boolean {
  return file.mode === '100755';
}
