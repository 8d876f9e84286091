/** Images without a container engine: an algorithm's folder, its built library, the SDK and the kernels as one OCI layer. */
import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { type Algorithm, contentOf, imageFolders, type TreeFile, treeFiles, treeHash } from '@mip/catalog';
import type { ImageOrder, ImagePublisher } from '@mip/reconcile';
import { TREE_HASH_LABEL } from '@mip/registry';
import { pack as tar } from 'tar-stream';
import { buildNative } from './build.ts';
import { CONFIG_TYPE, describeBytes, digestOf, LAYER_TYPE, MANIFEST_TYPE, type Manifest, OciRepository } from './oci-registry.ts';

/** One file of an image; `path` is relative to the image's root. */
interface Entry {
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

const HOME = 'opt/mip';
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
    if (!algorithm?.source) throw new Error(`${order.algorithm} has no source folder to pack`);
    await buildNative(this.#root, algorithm);
    const layer = await packLayer(this.#root, algorithm.source);
    if ((await treeHash(this.#root, imageFolders(algorithm.source))) !== order.treeHash) {
      throw new Error(`the sources of ${order.algorithm} changed while they were packed: apply again`);
    }
    return push(new OciRepository(this.#endpoint, repositoryName(order.repositoryUri)), order, layer);
  }
}

/** The repository's name in its URI: what stands behind the registry's host. */
function repositoryName(uri: string): string {
  return uri.slice(uri.indexOf('/') + 1);
}

async function push(repository: OciRepository, order: ImageOrder, layer: { tar: Buffer; gzip: Buffer }): Promise<string> {
  const labels = {
    [TREE_HASH_LABEL]: order.treeHash,
    'org.opencontainers.image.title': order.algorithm,
    'org.opencontainers.image.version': order.tag,
  };
  const config = Buffer.from(JSON.stringify(imageConfig(labels, digestOf(layer.tar))));
  await repository.pushBlob(layer.gzip);
  await repository.pushBlob(config);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: describeBytes(CONFIG_TYPE, config),
    layers: [describeBytes(LAYER_TYPE, layer.gzip)],
    annotations: labels,
  };
  return repository.pushManifest(order.tag, manifest);
}

function imageConfig(labels: Record<string, string>, layerDigest: string) {
  return {
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    os: 'linux',
    config: {
      Entrypoint: ['python3', '-m', 'mip_sdk'],
      WorkingDir: `/${HOME}/algorithm`,
      Env: [
        `PYTHONPATH=/${HOME}/sdk:/${HOME}/algorithm`,
        `MIP_ALGORITHM_DIR=/${HOME}/algorithm`,
        `MIP_KERNELS=/${HOME}/kernels/lib/libmip_kernels.so`,
      ],
      Labels: labels,
    },
    rootfs: { type: 'layers', diff_ids: [layerDigest] },
  };
}

/** The same sources give the same bytes: sorted, without times, owners or names of this machine. */
export async function packLayer(root: string, source: string): Promise<{ tar: Buffer; gzip: Buffer }> {
  const archive = tar();
  for (const { path, content, executable } of await entriesOf(root, source)) {
    archive.entry({ name: path, mode: executable ? 0o755 : 0o644, mtime: new Date(0), uid: 0, gid: 0 }, content);
  }
  archive.finalize();
  const bytes = await buffer(archive);
  const gzip = createGzip({ level: 6 });
  gzip.end(bytes);
  return { tar: bytes, gzip: await buffer(gzip) };
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
  const entries = [...(await Promise.all(files)), ...built];
  return entries.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
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
