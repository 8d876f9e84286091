/** Images by a container engine: an algorithm's Dockerfile, built for this machine and pushed to the emulator's registry. */
import { type Algorithm, imageFolders, treeHash } from '@mip/catalog';
import type { ImageOrder, ImagePublisher } from '@mip/reconcile';
import { annotationsOf, buildCommand, localTag, pullCommand, pushCommands } from './container-commands.ts';
import { type Engine, runEngine } from './container-engine.ts';
import { CONFIG_TYPE, LAYER_TYPE, MANIFEST_TYPE, type Manifest, OciRepository } from './oci-registry.ts';

export interface ContainerPublisherOptions {
  readonly root: string;
  readonly endpoint: string;
  readonly algorithms: readonly Algorithm[];
  readonly engine: Engine;
}

/** What the build action does in AWS, for one architecture. */
export class ContainerPublisher implements ImagePublisher {
  readonly #options: ContainerPublisherOptions;
  /** One after another: two builds at once are slower on a laptop. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ContainerPublisherOptions) {
    this.#options = options;
  }

  publish(order: ImageOrder): Promise<string> {
    const next = this.#last.catch(() => undefined).then(() => this.#publish(order));
    this.#last = next;
    return next;
  }

  /** @throws {Error} when the sources changed since they were hashed: the image would not be what its label says. */
  async #publish(order: ImageOrder): Promise<string> {
    const { root, endpoint, engine, algorithms } = this.#options;
    const algorithm = algorithms.find(({ name }) => name === order.algorithm);
    if (!algorithm?.source) throw new Error(`${order.algorithm} has no source folder to build`);
    const { source, version } = algorithm;
    const tag = localTag(order.algorithm, order.treeHash);
    const { baseImage } = engine;
    await runEngine(engine, buildCommand(engine.name, { root, source, tag, treeHash: order.treeHash, version, baseImage }));
    if ((await treeHash(root, imageFolders(source))) !== order.treeHash)
      throw new Error(`the sources of ${order.algorithm} changed while they were built: apply again`);
    const name = order.repositoryUri.slice(order.repositoryUri.indexOf('/') + 1);
    const target = `${new URL(endpoint).host}/${name}`;
    for (const command of pushCommands(engine.name, tag, `${target}:${order.tag}`)) await runEngine(engine, command);
    const repository = new OciRepository(endpoint, name);
    const annotations = annotationsOf(order.algorithm, order.tag, order.treeHash);
    const digest = await repository.pushManifest(order.tag, asOci(await repository.manifestAt(order.tag), annotations));
    await runEngine(engine, pullCommand(engine.name, `${target}@${digest}`)); // else the first task waits for it
    return digest;
  }
}

/** Docker's own types of media mean the same bytes; annotations are OCI's alone. */
function asOci({ config, layers }: Manifest, annotations: Manifest['annotations']): Manifest {
  return {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { ...config, mediaType: CONFIG_TYPE },
    layers: layers.map((layer) => ({ ...layer, mediaType: LAYER_TYPE })),
    annotations,
  };
}
