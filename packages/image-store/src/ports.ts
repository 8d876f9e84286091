import type { ClientTable } from '@mip/registry';
import type { Tokens } from '@mip/registry/identity/tokens';
import type { ImageIndex } from './image-index.ts';
import type { Objects } from './objects.ts';
import type { PixelPool } from './pixels/pool.ts';
import type { SearchIndex } from './search-index.ts';

/** Everything the image store needs from outside. `aws.ts` fills it. */
export interface Ports {
  readonly clients: Pick<ClientTable, 'find'>;
  /** Of the platform's issuer; absent where it has none. */
  readonly tokens?: Pick<Tokens, 'ofHeader'>;
  readonly index: ImageIndex;
  readonly search: SearchIndex;
  readonly objects: Objects;
  /** Closed with the app. */
  readonly pixels: PixelPool;
}

export interface ImageStoreOptions {
  /** The text of the platform's images key: UIDs are hashed with it. */
  readonly imagesKey: string;
  /** The key with which the platform's own workers speak to the store. */
  readonly workersKey: string;
  /** The largest instance, in bytes of its Part 10 file: `limits.max_image_bytes` of the platform. */
  readonly maxInstanceBytes: number;
  /** What URLs in answers start with, up to and with `/dicomweb`; without it, what the client's request says. */
  readonly publicUrl?: string;
}

/** What a route is made of. */
export type Context = Ports & ImageStoreOptions;
