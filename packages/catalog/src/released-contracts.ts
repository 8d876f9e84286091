/** What was released, by the contract files of a repository, each read when it is asked for. */
import type { EntryContract } from '@mip/registry';
import { compare } from 'semver';
import { checkContract, contractFile } from './contract.ts';
import { contractsOf } from './listing.ts';
import { isThere, readDocument } from './read.ts';

export class ReleasedContracts {
  readonly #root: string;

  /** @param root the repository */
  constructor(root: string) {
    this.#root = root;
  }

  /** @param key `name@version`. @returns undefined where there is no such contract, or one with faults, which `validate` tells. */
  get(key: string): EntryContract | undefined {
    const [name = '', version = ''] = key.split('@');
    const file = contractFile(name, version);
    if (!isThere(this.#root, file)) return undefined;
    const { item, problems } = checkContract(readDocument(this.#root, file), name, version);
    return problems.length > 0 ? undefined : item;
  }

  /** The versions of an algorithm that have a contract, the latest first. */
  versionsOf(name: string): readonly string[] {
    return contractsOf(this.#root, name)
      .map(({ version }) => version)
      .sort((a, b) => compare(b, a));
  }
}
