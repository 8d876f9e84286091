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

/** A version that is served beside the default one, on a queue of its own. */
export interface ServedRelease {
  readonly version: string;
  /** The base name of the resources that serve it. */
  readonly line: string;
  readonly queue_url: string;
  /** Pinned by digest. */
  readonly image_uri: string;
  readonly tree_hash: string;
  /** The percentage of the requests that name no version, of this major version. */
  readonly weight?: number;
  /** When it was first published as deprecated, ISO 8601. */
  readonly deprecated_at?: string;
  readonly entry: EntryContract;
  readonly yanked?: never;
}

/** One that refuses new jobs; nothing of it runs. */
export interface YankedRelease {
  readonly version: string;
  readonly yanked: true;
}

export type EntryRelease = ServedRelease | YankedRelease;

/** A released version that somebody put in the place of the catalog's, until when, ISO 8601. */
export interface Pin {
  readonly version: string;
  readonly until: string;
  /** Who, in words. */
  readonly by: string;
  /** The commit of the catalog that it was set against. */
  readonly commit?: string;
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
  /** CPU units, 1,024 for a processor. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  /** GPUs of a task; absent for none. */
  readonly gpu?: number;
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
  /** What a candidate of this version has shown before it served anybody; absent where the catalog has no cases. */
  readonly conformance?: EntryConformance;
  readonly commit_sha: string;
  /** Sorted as the catalog has them; absent where there are none. */
  readonly releases?: readonly EntryRelease[];
  /** The pin by which `version` is not the catalog's. */
  readonly pin?: Pin;
}

/** All cases of a version, which all passed on a candidate of it. */
export interface EntryConformance {
  readonly version: string;
  /** Of the cases: `sha256:…`. */
  readonly hash: string;
  readonly cases: { readonly passed: number; readonly total: number };
  /** ISO 8601. */
  readonly at: string;
}

/** What of a row a version has that never served anybody: no queue, and no hash that says the row is in sync. */
export type UnservedEntry = Omit<PublishedEntry, 'queue_url' | 'spec_hash' | 'conformance'>;

/**
 * A whole row. Times are ISO 8601 in UTC with milliseconds. The optional attributes are written by others than publishing, which keeps them.
 * A row that is `failed` and has a `queue_url` is that of the last good version, which goes on.
 */
export interface RegistryEntry extends UnservedEntry, Partial<Pick<PublishedEntry, 'queue_url' | 'spec_hash' | 'conformance'>> {
  readonly created_at: string;
  readonly updated_at: string;
  /** Why `status` is `failed`, and which version it was that failed. */
  readonly reason?: string;
  readonly failed_version?: string;
  /** The number of tasks that somebody set, until when; reconcile keeps to it till then. */
  readonly scale_override?: { readonly count: number; readonly until: string };
}

/** The few attributes that tell whether a row is in sync. */
export type EntryHash = Pick<RegistryEntry, 'algorithm_name' | 'spec_hash' | 'managed_by' | 'scale_override' | 'pin'>;
