/** The few calls of the OCI distribution protocol that the local cloud needs, over the emulator's `/v2/`. */
import { createHash } from 'node:crypto';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
export const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** Bytes by their digest. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** An image of one platform. */
export interface Manifest {
  readonly schemaVersion: 2;
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** `sha256:` and the hex digest. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function describeBytes(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** A manifest as it is sent, whose digest is the image's. */
export function manifestBytes(manifest: Manifest): Buffer<ArrayBuffer> {
  return Buffer.from(JSON.stringify(manifest));
}

/** One repository of a registry. Every failed call throws with the registry's status. */
export class OciRepository {
  readonly #endpoint: string;
  readonly #base: string;

  /** @param endpoint the registry's base URL. @param name the repository, without a tag. */
  constructor(endpoint: string, name: string) {
    this.#endpoint = endpoint;
    this.#base = `${endpoint}/v2/${name}`;
  }

  /** Uploads a blob unless it is there. */
  async pushBlob(bytes: Uint8Array): Promise<void> {
    const digest = digestOf(bytes);
    if ((await fetch(`${this.#base}/blobs/${digest}`, { method: 'HEAD' })).ok) return;
    const started = await this.#call(`${this.#base}/blobs/uploads/`, { method: 'POST' });
    const upload = new URL(started.headers.get('location') ?? '', this.#endpoint);
    // The registry may answer with a host name of AWS's; the upload goes where the rest went.
    const target = new URL(upload.pathname + upload.search, this.#endpoint);
    target.searchParams.set('digest', digest);
    await this.#call(target.href, { method: 'PUT', body: Buffer.from(bytes), headers: { 'content-type': 'application/octet-stream' } });
  }

  /** Points `tag` at the manifest and returns its digest. */
  async pushManifest(tag: string, manifest: Manifest): Promise<string> {
    const body = manifestBytes(manifest);
    await this.#call(`${this.#base}/manifests/${tag}`, { method: 'PUT', body, headers: { 'content-type': MANIFEST_TYPE } });
    return digestOf(body);
  }

  /** @throws {Error} when what comes back has another digest. */
  async pullManifest(digest: string): Promise<Manifest> {
    return JSON.parse(Buffer.from(await this.#pull(`manifests/${digest}`, digest)).toString('utf8'));
  }

  /** What a tag points at now. */
  async manifestAt(tag: string): Promise<Manifest> {
    const answer = await this.#call(`${this.#base}/manifests/${tag}`, { headers: { accept: `${MANIFEST_TYPE}, */*` } });
    return (await answer.json()) as Manifest;
  }

  /** @throws {Error} when what comes back has another digest. */
  async pullBlob(digest: string): Promise<Uint8Array> {
    return this.#pull(`blobs/${digest}`, digest);
  }

  async #pull(path: string, digest: string): Promise<Uint8Array> {
    const answer = await this.#call(`${this.#base}/${path}`, { headers: { accept: `${MANIFEST_TYPE}, */*` } });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (digestOf(bytes) !== digest) throw new Error(`the registry answered ${path} with other bytes`);
    return bytes;
  }

  async #call(url: string, init: RequestInit): Promise<Response> {
    const answer = await fetch(url, init);
    if (!answer.ok) throw new Error(`the image registry answered ${answer.status} to ${init.method ?? 'GET'} ${new URL(url).pathname}`);
    return answer;
  }
}
