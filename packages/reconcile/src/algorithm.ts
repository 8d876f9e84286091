/** A catalog entry as reconcile reads it: defaults filled in, and the hash of its source beside it. */

import type { EntryParameter } from '@mip/registry';

export interface Algorithm {
  /** The catalog file, from the repository's root. */
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly status: 'active' | 'inactive';
  readonly algorithm_type: 'python' | 'openmp';
  /** Exactly one of `source` and `image_uri` is there. */
  readonly source?: string | undefined;
  readonly image_uri?: string | undefined;
  readonly cpu: number;
  readonly memory: number;
  readonly architectures: readonly ('amd64' | 'arm64')[];
  readonly timeout: number;
  readonly queue?: { readonly visibility_timeout?: number; readonly max_receives?: number; readonly retention_days?: number } | undefined;
  readonly scaling: { readonly min: number; readonly max: number };
  readonly parameters: Readonly<Record<string, EntryParameter>>;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: Readonly<Record<string, unknown>>;
  readonly license: string;
  readonly regulatory: Readonly<Record<string, unknown>>;
  /** `sha256:…` over the source folder; absent for `image_uri`. */
  readonly treeHash?: string | undefined;
}
