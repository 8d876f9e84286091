/**
 * Where the catalog is kept, and how a change to it is proposed. `FolderStore` is a folder, whose files are written themselves; that of a
 * repository on GitHub is in `packages/api`.
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { lstat, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DOCUMENT_LIMITS } from './document.ts';
import { liesIn } from './listing.ts';

/** A text file, and what tells it from any other content under its path: Git's own hash of it. */
export interface StoredFile {
  readonly text: string;
  readonly hash: string;
}

export interface Listed {
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** Bytes, of a file. */
  readonly size?: number;
}

/** The files of the catalog's repository; paths are relative to its root, with forward slashes. */
export interface Snapshot {
  /** @returns nothing where there is no such file, or no text that an entry could be. */
  read(path: string): Promise<StoredFile | undefined>;
  /** What lies directly in a folder; nothing where there is no such folder. */
  list(folder: string): Promise<readonly Listed[]>;
}

export interface FileChange {
  readonly path: string;
  /** Null: the file goes. */
  readonly text: string | null;
  /** The hash of what was read; undefined where no file was there. */
  readonly was: string | undefined;
}

export interface CatalogChange {
  /** The algorithm. */
  readonly name: string;
  /** In the order in which they may be seen: an entry comes after what it needs. */
  readonly files: readonly FileChange[];
  /** A line of plain text. */
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

export interface Proposed {
  /** `written`: it is in the catalog. `proposed`: somebody has to merge it. */
  readonly state: 'written' | 'proposed';
  /** Where to follow it, where that is somewhere else than the algorithm itself. */
  readonly url?: string;
}

export interface CatalogStore<S extends Snapshot = Snapshot> {
  /** The catalog as it is now. @throws {StoreUnavailable} */
  open(): Promise<S>;
  /**
   * The same change twice is proposed once. It is made whole or, where this process dies, so that the same call finishes it.
   *
   * @throws {StoreConflict} where a file is not what was read. @throws {StoreUnavailable}
   */
  propose(snapshot: S, change: CatalogChange): Promise<Proposed>;
}

/** A file is not what it was when it was read: read again, decide again. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict';
}

/** The store does not answer, or does not let this platform in; the message is a sentence without anything secret. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  /** Whether the same call can succeed a moment later. */
  readonly passing: boolean;

  constructor(message: string, passing: boolean, cause?: unknown) {
    super(message, { cause });
    this.passing = passing;
  }
}

/** As `git hash-object` has it. */
export function blobHash(content: string | Buffer): string {
  const bytes = Buffer.from(content);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** Who changes a file holds its lock, as Git does: a hidden file beside it, which the new content is written into. */
const LOCK_WAIT_MS = 10;
/** A change takes milliseconds; who held its lock for so long has died. */
const LOCK_DEAD_MS = 10_000;
const LOCK_TRIES = 1500;

/** A folder on this machine, such as the work tree of a local cloud: a change is the file itself. */
export class FolderStore implements CatalogStore {
  readonly #root: string;
  readonly #deadMs: number;

  /** @param root the repository's folder */
  constructor(root: string, { deadMs = LOCK_DEAD_MS } = {}) {
    this.#root = root;
    this.#deadMs = deadMs;
  }

  async open(): Promise<Snapshot> {
    return { read: (path) => this.#read(path), list: (folder) => this.#list(folder) };
  }

  /** One lock, that of the last file, holds for the whole change. */
  async propose(_: Snapshot, { files }: CatalogChange): Promise<Proposed> {
    const last = files.at(-1);
    if (!last) return { state: 'written' };
    await this.#prepare(dirname(last.path));
    await this.#lock(last.path);
    try {
      for (const file of files) await this.#expect(file);
      for (const file of files) await this.#prepare(dirname(file.path));
      for (const file of files) await this.#put(file);
    } catch (error) {
      await rm(this.#lockOf(last.path), { force: true });
      throw error;
    }
    if (last.text === null) await rm(this.#lockOf(last.path), { force: true }); // else the lock has become the file
    return { state: 'written' };
  }

  /** A link is nobody's entry: it would be followed out of the repository, and replaced by a file. */
  async #read(path: string): Promise<StoredFile | undefined> {
    const found = await lstat(join(this.#root, path)).catch(ignoreMissing);
    if (!found?.isFile() || found.size > DOCUMENT_LIMITS.bytes) return undefined;
    const bytes = await readFile(join(this.#root, path)).catch(ignoreMissing);
    return bytes && isUtf8(bytes) ? { text: bytes.toString(), hash: blobHash(bytes) } : undefined;
  }

  async #list(folder: string): Promise<readonly Listed[]> {
    const entries = await readdir(join(this.#root, folder), { withFileTypes: true }).catch(ignoreMissing);
    const seen = (entries ?? []).filter((entry) => !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()));
    return Promise.all(
      seen.map(async (entry): Promise<Listed> => {
        if (entry.isDirectory()) return { name: entry.name, kind: 'folder' };
        const size = (await stat(join(this.#root, folder, entry.name)).catch(ignoreMissing))?.size ?? 0;
        return { name: entry.name, kind: 'file', size };
      }),
    );
  }

  /** @throws {StoreUnavailable} for a folder that is a link out of the repository, or that nobody may write to. */
  async #prepare(folder: string): Promise<void> {
    const path = join(this.#root, folder);
    await mkdir(path, { recursive: true }).catch((error: unknown) => {
      throw new StoreUnavailable(`${folder} cannot be written to (${(error as NodeJS.ErrnoException).code})`, false, error);
    });
    if (!liesIn(path, this.#root)) throw new StoreUnavailable(`${folder} leads out of the catalog's repository`, false);
  }

  #lockOf(path: string): string {
    return join(this.#root, dirname(path), `.${basename(path)}.lock`);
  }

  async #lock(path: string): Promise<void> {
    const lock = this.#lockOf(path);
    for (let tries = 0; tries < LOCK_TRIES; tries++) {
      const held = await open(lock, 'wx').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw new StoreUnavailable(`${dirname(path)} cannot be written to (${error.code})`, false, error);
      });
      if (held) {
        await held.close();
        return;
      }
      const age = Date.now() - ((await stat(lock).catch(ignoreMissing))?.mtimeMs ?? Date.now());
      if (age > this.#deadMs) await rm(lock, { force: true });
      else await sleep(LOCK_WAIT_MS);
    }
    throw new StoreConflict(`others keep changing ${path}`);
  }

  /** What is so already may be left of a call that died. */
  async #expect({ path, was, text }: FileChange): Promise<void> {
    const found = await this.#read(path);
    const unread = found === undefined && (await lstat(join(this.#root, path)).catch(ignoreMissing)) !== undefined;
    const asWanted = found?.hash === was || found?.text === (text ?? undefined);
    if (unread || !asWanted) throw new StoreConflict(`${path} changed meanwhile`);
  }

  /** Whoever reads the file sees it as it was or as it will be. */
  async #put({ path, text }: FileChange): Promise<void> {
    const target = join(this.#root, path);
    if (text === null) return unlink(target).catch(ignoreMissing);
    const file = await open(this.#lockOf(path), 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(this.#lockOf(path), target);
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
