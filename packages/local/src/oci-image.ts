/** An OCI image of one layer, made without a container engine. */
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack as tar } from 'tar-stream';
import {
  CONFIG_TYPE,
  describeBytes,
  digestOf,
  LAYER_TYPE,
  MANIFEST_TYPE,
  type Manifest,
  manifestBytes,
  type OciRepository,
} from './oci-registry.ts';

/** One file of an image; `path` is relative to the image's root. */
export interface Entry {
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable: boolean;
}

/** A layer as it is named (`tar`) and as it is sent (`gzip`). */
export interface Layer {
  readonly tar: Buffer;
  readonly gzip: Buffer;
}

/** What the image says about its process, by the names that OCI gives them. */
export interface Settings {
  readonly Entrypoint: readonly string[];
  readonly WorkingDir: string;
  readonly Env: readonly string[];
}

/** An image that is in no registry yet. */
export interface Image {
  readonly digest: string;
  readonly manifest: Manifest;
  readonly blobs: readonly Uint8Array[];
}

/** Where an image keeps what is MIP's. */
export const HOME = 'opt/mip';

/** The same files give the same bytes: sorted, without times, owners or names of this machine. */
export async function layerOf(entries: readonly Entry[]): Promise<Layer> {
  const archive = tar();
  const sorted = entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const { path, content, executable } of sorted) {
    archive.entry({ name: path, mode: executable ? 0o755 : 0o644, mtime: new Date(0), uid: 0, gid: 0 }, Buffer.from(content));
  }
  archive.finalize();
  const bytes = await buffer(archive);
  const gzip = createGzip({ level: 6 });
  gzip.end(bytes);
  return { tar: bytes, gzip: await buffer(gzip) };
}

export function imageOf(layer: Layer, settings: Settings, labels: Readonly<Record<string, string>>): Image {
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { ...settings, Labels: labels },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer.tar)] },
    }),
  );
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: describeBytes(CONFIG_TYPE, config),
    layers: [describeBytes(LAYER_TYPE, layer.gzip)],
    annotations: labels,
  };
  return { digest: digestOf(manifestBytes(manifest)), manifest, blobs: [layer.gzip, config] };
}

/** Sends what the registry does not have, and points `tag` at it. @returns the image's digest. */
export async function pushImage(repository: OciRepository, tag: string, image: Image): Promise<string> {
  for (const blob of image.blobs) await repository.pushBlob(blob);
  return repository.pushManifest(tag, image.manifest);
}
