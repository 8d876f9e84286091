/** The registry's row: what the router may route to. Reconcile publishes it last and withdraws it first. */

/** A row's life: `failed` is written by reconcile only, never in the catalog. */
export type EntryStatus = 'active' | 'inactive' | 'failed';

/** One parameter of an algorithm, as the catalog declares it. */
export interface EntryParameter {
  readonly type: 'int' | 'float' | 'bool' | 'string' | 'enum';
  readonly default?: number | boolean | string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly values?: readonly string[];
  readonly unit?: string;
  readonly description?: string;
}

/** What a caller may rely on: the contract of one version, the same JSON that a worker gets as `MIP_ENTRY`. */
export interface EntryContract {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly algorithm_type: 'python' | 'openmp';
  readonly parameters: Readonly<Record<string, EntryParameter>>;
  readonly input: Readonly<Record<string, unknown>>;
  readonly output: Readonly<Record<string, unknown>>;
  readonly license: string;
  readonly regulatory: Readonly<Record<string, unknown>>;
}

/** The part of a row that Git decides; publishing writes exactly these attributes. */
export interface PublishedEntry {
  readonly algorithm_name: string;
  /** The catalog that owns the row: the value of the tag `mip:managed-by`. */
  readonly managed_by: string;
  readonly spec_hash: string;
  readonly status: EntryStatus;
  readonly version: string;
  readonly description: string;
  readonly algorithm_type: 'python' | 'openmp';
  /** Pinned by digest: `repository@sha256:…`. */
  readonly image_uri: string;
  /** The tree that the image was built from; absent for an image that somebody else built. */
  readonly tree_hash?: string;
  /** Fargate CPU units. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  /** What a job needs of it; absent where the catalog does not say. */
  readonly memory_model?: { readonly base_mib: number; readonly bytes_per_voxel: number };
  /** The least and the most tasks. */
  readonly scaling: { readonly min: number; readonly max: number };
  readonly architecture: 'amd64' | 'arm64';
  /** Seconds that one job may take. */
  readonly timeout: number;
  readonly parameters: EntryContract['parameters'];
  readonly input: EntryContract['input'];
  readonly output: EntryContract['output'];
  readonly entry: EntryContract;
  readonly queue_url: string;
  readonly service: string;
  readonly commit_sha: string;
}

/** A whole row. Times are ISO 8601 in UTC with milliseconds. The optional attributes are written by others than publishing, which keeps them. */
export interface RegistryEntry extends PublishedEntry {
  readonly created_at: string;
  readonly updated_at: string;
  /** Why `status` is `failed`. */
  readonly reason?: string;
  readonly releases?: readonly Readonly<Record<string, unknown>>[];
  /** The number of tasks that somebody set, until when; reconcile keeps to it till then. */
  readonly scale_override?: { readonly count: number; readonly until: string };
  readonly pin?: Readonly<Record<string, unknown>>;
  readonly conformance?: Readonly<Record<string, unknown>>;
}

/** The few attributes that tell whether a row is in sync. */
export type EntryHash = Pick<RegistryEntry, 'algorithm_name' | 'spec_hash' | 'managed_by' | 'scale_override'>;
