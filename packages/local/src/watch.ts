/** Tells of every change below a folder, however it is made: by an editor that renames, by Git, by a program that deletes it all. */
import { relative, sep } from 'node:path';
import { type ChokidarOptions, type FSWatcher, watch } from 'chokidar';

/** One thing that changed. */
export interface FileChange {
  /** Relative to the folder, with forward slashes; `''` is the folder itself. */
  readonly path: string;
  /** Whether it is gone, as far as one can see at this moment: an editor that replaces a file lets it be gone for an instant. */
  readonly gone: boolean;
}

export interface WatchOptions {
  readonly folder: string;
  readonly changed: (change: FileChange) => void;
  /** Told what the operating system does not let watch; polling goes on in its place. */
  readonly note: (line: string) => void;
}

/** A folder that is watched. */
export interface FolderWatch {
  stop(): Promise<void>;
}

/** Milliseconds from look to look where the operating system tells of no changes. */
const LOOK_EVERY_MS = 1000;
/** More files than it may watch, or more watchers than it may have. */
const EXHAUSTED = new Set(['ENOSPC', 'EMFILE']);

/** Resolves when every later change is told. Links are not followed: what they lead to inside the folder is watched where it lies. */
export async function watchFolder({ folder, changed, note }: WatchOptions): Promise<FolderWatch> {
  const open = (options: ChokidarOptions) => {
    const watcher = watch(folder, { ignoreInitial: true, followSymlinks: false, ignored: (path) => isHidden(folder, path), ...options });
    watcher.on('all', (event, path) => changed({ path: pathIn(folder, path), gone: event.startsWith('unlink') }));
    return watcher;
  };
  let watcher = open({});
  watcher.on('error', (error) => {
    const { code = '', message } = error as NodeJS.ErrnoException;
    if (!EXHAUSTED.has(code)) return note(`watching ${folder}: ${message}`);
    note(`the operating system lets no more files be watched (${code}): looking every second instead`);
    const exhausted = watcher;
    watcher = open({ backend: 'polling', pollingInterval: LOOK_EVERY_MS });
    void exhausted.close().then(() => changed({ path: '', gone: false })); // what changed in between
  });
  await ready(watcher);
  return { stop: () => watcher.close() };
}

function ready(watcher: FSWatcher): Promise<void> {
  return new Promise((resolve) => {
    watcher.once('ready', () => resolve());
    watcher.once('error', () => resolve()); // the other listener does something about it
  });
}

/** Editors keep their own files beside those that they edit; the catalog knows no hidden ones. */
function isHidden(folder: string, path: string): boolean {
  return pathIn(folder, path)
    .split('/')
    .some((name) => name.startsWith('.'));
}

function pathIn(folder: string, path: string): string {
  return relative(folder, path).split(sep).join('/');
}
