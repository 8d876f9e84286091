/** Pushes images that were built in this run: by digest first, then the tag of the version, which never moves. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setSecret } from '@actions/core';
import { type Aws, type ImageOrder, type ImagePublisher, registryLogin, tagImage } from '@mip/reconcile';
import { Failure } from '../shared/action.ts';
import { runProgram } from '../shared/program.ts';
import { buildAndPush, type Engine, login, logout, podmanPush, type Target, targetOf } from './commands.ts';
import type { BuiltImage } from './image.ts';

export interface PushedImage {
  readonly algorithm: string;
  /** `registry/repository:tag`. */
  readonly image: string;
  readonly digest: string;
}

export interface PublisherOptions {
  readonly engine: Engine;
  /** By the algorithm's name; only those that may be pushed. */
  readonly images: ReadonlyMap<string, BuiltImage>;
  /** Of AWS, where it is not the public one. */
  readonly endpoint?: string | undefined;
  /** A folder for files of a moment. */
  readonly temporary: string;
}

export class BuiltImages implements ImagePublisher {
  readonly pushed: PushedImage[] = [];
  readonly #options: PublisherOptions;
  /** One after another: they share the engine and its login. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  publish(order: ImageOrder, ecr: Aws['ecr']): Promise<string> {
    const next = this.#last.catch(() => undefined).then(() => this.#publish(order, ecr));
    this.#last = next;
    return next;
  }

  async #publish({ algorithm, repositoryUri, tag, treeHash }: ImageOrder, ecr: Aws['ecr']): Promise<string> {
    const image = this.#options.images.get(algorithm);
    if (image?.of.treeHash !== treeHash) throw new Failure(`${algorithm} was not built from ${treeHash} in this run, so it is not pushed`);
    const target = targetOf(repositoryUri, this.#options.endpoint);
    const digest = await this.#loggedIn(target, ecr, () => this.#push(image, target));
    await tagImage(ecr, target.repository, digest, tag);
    await tagImage(ecr, target.repository, digest, 'latest');
    this.pushed.push({ algorithm, image: `${target.registry}/${target.repository}:${tag}`, digest });
    return digest;
  }

  /** Nothing of the login is left behind. */
  async #loggedIn<T>(target: Target, ecr: Aws['ecr'], work: () => Promise<T>): Promise<T> {
    const { engine } = this.#options;
    const { username, password } = await registryLogin(ecr);
    setSecret(password);
    await runProgram(`Log in to ${target.registry}`, login(engine, target, username), { input: password });
    try {
      return await work();
    } finally {
      await runProgram(`Log out of ${target.registry}`, logout(engine, target));
    }
  }

  async #push({ of, name }: BuiltImage, target: Target): Promise<string> {
    const { engine, temporary } = this.#options;
    const folder = await mkdtemp(join(temporary, 'mip-push-'));
    const file = join(folder, 'pushed');
    try {
      const command = engine === 'docker' ? buildAndPush(of, target, file) : podmanPush(name, target, file);
      await runProgram(`Push ${of.algorithm} ${of.version}`, command);
      return digestIn(engine, await readFile(file, 'utf8'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Buildx writes a JSON document, Podman the digest alone. @throws {Failure} when it is none. */
export function digestIn(engine: Engine, text: string): string {
  const digest: unknown = engine === 'docker' ? JSON.parse(text)['containerimage.digest'] : text.trim();
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new Failure(`${engine} did not say which digest it pushed`);
  return digest;
}
