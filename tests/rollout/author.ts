/** What an author does to an algorithm of a repository: another version of it, right or wrong. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../cloud.ts';

export class Author {
  readonly #root: string;
  readonly #cloud: Cloud;
  readonly #name: string;

  constructor(root: string, cloud: Cloud, name: string) {
    this.#root = root;
    this.#cloud = cloud;
    this.#name = name;
  }

  /** Changes a file of the algorithm's folder. @throws {Error} where it does not say `from`. */
  edit(file: string, from: string, to: string): void {
    const path = join(this.#root, 'algorithms', this.#name, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} does not say ${from}`);
    writeFileSync(path, text.replace(from, to));
  }

  /** Saves the entry under another version, with its contract frozen before: the local cloud takes it up at once. */
  release(version: string, change: (entry: string) => string = (entry) => entry): void {
    const file = join(this.#root, 'catalog/algorithms', `${this.#name}.yaml`);
    writeFileSync(file, change(readFileSync(file, 'utf8')).replace(/^version: .*$/m, `version: ${version}`));
    const { code, err, out } = this.#cloud.mip(['validate', '--fix']);
    if (code !== 0) throw new Error(`mip validate --fix: ${out}${err}`);
  }
}
