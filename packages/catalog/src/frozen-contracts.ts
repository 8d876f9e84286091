/** The contract files of a repository. A file whose text is the expected one is proved by that; only the others are parsed. */
import { checkContract, contractFile, contractText } from './contract.ts';
import type { Document } from './document.ts';
import { contractsIn } from './listing.ts';
import type { Problem } from './problem.ts';
import { isThere, readDocument, readText } from './read.ts';
import type { Contracts } from './rules/rule.ts';

interface Version {
  readonly name: string;
  readonly version: string;
}

export class FrozenContracts implements Contracts {
  readonly #root: string;
  /** Files that are as they should be. */
  readonly #proved = new Set<string>();
  /** Files that somebody asked for and that are not proved. */
  readonly #open = new Map<string, Version>();

  constructor(root: string) {
    this.#root = root;
  }

  has(name: string, version: string): boolean {
    const file = contractFile(name, version);
    if (!isThere(this.#root, file)) return false;
    this.#open.set(file, { name, version });
    return true;
  }

  look(name: string, version: string, expected: string): 'as expected' | 'missing' | Document {
    const file = contractFile(name, version);
    if (readText(this.#root, file) === expected) {
      this.#proved.add(file);
      return 'as expected';
    }
    return this.has(name, version) ? readDocument(this.#root, file) : 'missing';
  }

  /** What is wrong with the files themselves, of those that were asked for; to be called when all entries were looked at. */
  problems(): readonly Problem[] {
    const left = [...this.#open].filter(([file]) => !this.#proved.has(file));
    return left.flatMap(([file, { name, version }]) => checkContract(readDocument(this.#root, file), name, version).problems);
  }

  /**
   * The same of all files, and what changed since the base: a contract that it has may not be gone or say something else. Only what
   * they say counts: a file may be written anew.
   */
  problemsSince(base: FrozenContracts): readonly Problem[] {
    const { contracts, refused } = contractsIn(this.#root);
    for (const { name, version } of contracts) {
      const file = contractFile(name, version);
      if (!this.#proved.has(file) && this.#text(file) !== base.#text(file)) this.#open.set(file, { name, version });
    }
    const changed = contractsIn(base.#root).contracts.flatMap((one) => this.#changeSince(base, one));
    return [...refused.flatMap(({ problems }) => problems), ...changed, ...this.problems()];
  }

  #changeSince(base: FrozenContracts, { name, version }: Version): readonly Problem[] {
    const file = contractFile(name, version);
    const [before, now] = [base.#text(file), this.#text(file)];
    const meant = before === now ? undefined : base.#meaning(file, name, version);
    if (meant === undefined || (now !== undefined && this.#meaning(file, name, version) === meant)) return [];
    const what = now === undefined ? 'is gone, but it was released' : 'differs from the one that was released';
    const message = `the contract of ${name} ${version} ${what}; put the file back as it was, and release what changes as another version`;
    return [{ file, line: 1, column: 1, pointer: '', severity: 'error', rule: 'frozen-contract', message }];
  }

  #text(file: string): string | undefined {
    return readText(this.#root, file);
  }

  /** The text that the contract should have; nothing when there is something wrong with it. */
  #meaning(file: string, name: string, version: string): string | undefined {
    const { item, problems } = checkContract(readDocument(this.#root, file), name, version);
    return problems.length ? undefined : contractText(item);
  }
}
