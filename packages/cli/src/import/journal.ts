/** What an import has stored already, so that one that was cut off goes on where it stopped. One file for each image store. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export class Journal {
  readonly #file: string;
  readonly #stored: Set<string>;

  private constructor(file: string, stored: Iterable<string>) {
    this.#file = file;
    this.#stored = new Set(stored);
  }

  /**
   * @param home where the command line keeps its state.
   * @param url of the image store: another one has another journal.
   */
  static async open(home: string, url: string): Promise<Journal> {
    const name = createHash('sha256').update(url).digest('hex').slice(0, 16);
    const file = join(home, 'import', `${name}.jsonl`);
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    // A last line that was cut off matches no file: that file is sent again.
    return new Journal(file, text.split('\n'));
  }

  /** Whether this very file, unchanged since, was stored. */
  has(entry: string): boolean {
    return this.#stored.has(entry);
  }

  /** Only after the store has said so. */
  async add(entries: readonly string[]): Promise<void> {
    if (entries.length === 0) return;
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    // On a line of its own, whatever an earlier write left.
    await appendFile(this.#file, entries.map((entry) => `\n${entry}`).join(''), { mode: 0o600 });
    for (const entry of entries) this.#stored.add(entry);
  }
}

/** A file by its path, its size and the time of its last change. */
export function entryOf(file: string, { size, mtimeMs }: Pick<Stats, 'size' | 'mtimeMs'>): string {
  return JSON.stringify([resolve(file), size, mtimeMs]);
}
