/** An image on disk: pulled by digest, every byte checked, unpacked once. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { Settings } from './oci-image.ts';
import { OciRepository } from './oci-registry.ts';

/** What any image says about its process, not only those that were packed here. */
export interface ImageConfig extends Settings {
  readonly Cmd?: readonly string[];
}

/** An unpacked image. `root` stands for `/` of the image. */
export interface UnpackedImage {
  readonly root: string;
  readonly config: ImageConfig;
}

const CONFIG = 'config.json';

/** Unpacks `repository@digest` under `<home>/images` unless it is there. @throws {Error} when bytes or paths are not what they should be. */
export async function unpackImage(options: { endpoint: string; repository: string; digest: string; home: string }): Promise<UnpackedImage> {
  const folder = join(options.home, 'images', options.digest.replace(':', '-'));
  if (!existsSync(folder)) await pullOnce(options, folder);
  return { root: join(folder, 'root'), config: JSON.parse(await readFile(join(folder, CONFIG), 'utf8')) };
}

/** The pulls under way by their folders: tasks of one image that start together share one. */
const pulls = new Map<string, Promise<void>>();

async function pullOnce(source: Parameters<typeof pull>[0], folder: string): Promise<void> {
  const underWay = pulls.get(folder) ?? pull(source, folder).finally(() => pulls.delete(folder));
  pulls.set(folder, underWay);
  await underWay;
}

/** Into a folder beside, then renamed: a folder of that name is always whole. */
async function pull(
  { endpoint, repository, digest }: { endpoint: string; repository: string; digest: string },
  folder: string,
): Promise<void> {
  const partial = `${folder}.${process.pid}.part`;
  try {
    const source = new OciRepository(endpoint, repository);
    const manifest = await source.pullManifest(digest);
    await mkdir(join(partial, 'root'), { recursive: true });
    for (const layer of manifest.layers) await extractLayer(await source.pullBlob(layer.digest), join(partial, 'root'));
    const { config } = JSON.parse(Buffer.from(await source.pullBlob(manifest.config.digest)).toString('utf8'));
    await writeFile(join(partial, CONFIG), JSON.stringify(config));
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** Only plain files and folders below `root`; links and paths that leave it are refused. */
export async function extractLayer(gzip: Uint8Array, root: string): Promise<void> {
  const archive = extract();
  const source = Readable.from([Buffer.from(gzip)]).pipe(createGunzip());
  source.on('error', (error) => archive.destroy(error));
  source.pipe(archive);
  for await (const entry of archive) {
    const { name, type, mode = 0o644 } = entry.header;
    const path = normalize(name);
    if (path.startsWith('..') || path.startsWith('/')) throw new Error(`the image has a path outside of itself: ${name}`);
    if (type === 'directory') await mkdir(join(root, path), { recursive: true });
    else if (type === 'file') await writeEntry(join(root, path), await buffer(entry), mode);
    else throw new Error(`the image has a ${type} at ${name}: only files and folders are unpacked`);
    entry.resume();
  }
}

async function writeEntry(path: string, content: Buffer, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content, { mode: mode & 0o755 });
}
