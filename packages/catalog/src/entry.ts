/** The types of a loaded catalog: entries and platform files with the schema's defaults filled in. */
import type { AlgorithmEntry } from './generated/algorithm.ts';
import type { PlatformFile } from './generated/platform.ts';
import type { Position } from './positions.ts';

export type { AlgorithmEntry } from './generated/algorithm.ts';
export type { PlatformFile } from './generated/platform.ts';

/** One declared parameter. */
export type Parameter = Omit<NonNullable<AlgorithmEntry['parameters']>[string], 'values'> & { readonly values?: readonly string[] };
export type Parameters = Readonly<Record<string, Parameter>>;
export type ParameterValue = string | number | boolean;
export type InputRule = NonNullable<AlgorithmEntry['input']['rules']>[number];
export type ConformanceCase = NonNullable<AlgorithmEntry['conformance']>[number];

/** Where a loaded thing was written. */
export interface Located {
  /** Relative to the repository, with forward slashes. */
  readonly file: string;
  /** The place of a value by its JSON pointer, or of the nearest thing around it that is written. */
  position(pointer: string): Position;
}

type Filled<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
type FilledEntry = Filled<AlgorithmEntry, 'status' | 'architectures' | 'gpu' | 'timeout' | 'parameters' | 'critical'>;

/** A catalog entry, defaults filled: `scaling` has `min` and `max`, `output` has `store`, `regulatory` has `status`. */
export interface Algorithm extends Omit<FilledEntry, 'scaling' | 'output' | 'regulatory'>, Located {
  /** The fields that its file has, in that order. */
  readonly written: readonly string[];
  scaling: Filled<NonNullable<AlgorithmEntry['scaling']>, 'min' | 'max'>;
  output: Filled<AlgorithmEntry['output'], 'store'>;
  regulatory: Filled<NonNullable<AlgorithmEntry['regulatory']>, 'status'>;
}

type Whole<T> = { [P in keyof T]-?: NonNullable<T[P]> };
type PacsEntry = NonNullable<PlatformFile['pacs']>[number];

/** A PACS of a platform, defaults filled; it speaks DICOMweb. */
export type Pacs = Filled<Omit<PacsEntry, 'rate'>, 'credentials' | 'timeout'> & { rate: Whole<NonNullable<PacsEntry['rate']>> };

/** A platform file, defaults filled; `regions[0]` is the home region. */
export interface Platform extends Omit<PlatformFile, 'prefix' | 'regions' | Sections>, Located {
  prefix: string;
  regions: [string, ...string[]];
  network: Whole<NonNullable<PlatformFile['network']>>;
  images: Whole<NonNullable<PlatformFile['images']>>;
  image_store: Filled<NonNullable<PlatformFile['image_store']>, 'cpu' | 'memory' | 'tasks'>;
  pacs: readonly Pacs[];
  default_pacs: string;
  capacity: Whole<NonNullable<PlatformFile['capacity']>>;
  limits: Whole<NonNullable<PlatformFile['limits']>>;
  callbacks: Whole<NonNullable<PlatformFile['callbacks']>>;
  defaults: Whole<NonNullable<PlatformFile['defaults']>>;
}
type Sections = 'network' | 'images' | 'image_store' | 'pacs' | 'default_pacs' | 'capacity' | 'limits' | 'callbacks' | 'defaults';
