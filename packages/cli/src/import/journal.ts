/** What an import has stored already, so that one that was cut off goes on where it stopped. One file for each image store. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises';
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
  async has(file: string): Promise<boolean> {
    return this.#stored.has(await lineOf(file));
  }

  /** Only after the store has said so. */
  async add(files: readonly string[]): Promise<void> {
    if (files.length === 0) return;
    const lines = await Promise.all(files.map(lineOf));
    await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
    // On a line of its own, whatever an earlier write left.
    await appendFile(this.#file, lines.map((line) => `\n${line}`).join(''), { mode: 0o600 });
    for (const line of lines) this.#stored.add(line);
  }
}

/** A file by its path, its size and the time of its last change. */
async function lineOf(file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  return JSON.stringify([resolve(file), size, mtimeMs]);
}
