/** The JSON schemas as validators, whose faults are sentences with a pointer. Their code is generated: nothing is compiled at the start. */
import type { ValidateFunction } from 'ajv';
import type { AlgorithmEntry } from './generated/algorithm.ts';
import { validate as algorithm } from './generated/algorithm.validator.js';
import { validate as jobEvent } from './generated/job-event.validator.js';
import { validate as jobMessage } from './generated/job-message.validator.js';
import { validate as jobRecord } from './generated/job-record.validator.js';
import { validate as jobRequest } from './generated/job-request.validator.js';
import type { PlatformFile } from './generated/platform.ts';
import { validate as platform } from './generated/platform.validator.js';
import type { PublicImages } from './generated/public-images.ts';
import { validate as publicImages } from './generated/public-images.validator.js';
import { type Checked, checkInPlace } from './schema-check.ts';

export type { Checked, SchemaFault } from './schema-check.ts';

const VALIDATORS = {
  algorithm,
  platform,
  'public-images': publicImages,
  'job-request': jobRequest,
  'job-message': jobMessage,
  'job-record': jobRecord,
  'job-event': jobEvent,
} satisfies Readonly<Record<string, ValidateFunction>>;

export type SchemaName = keyof typeof VALIDATORS;
export const SCHEMA_NAMES = Object.keys(VALIDATORS) as readonly SchemaName[];

/** The value that it gives back is a copy of the given one. */
export type Validator<T> = (value: unknown) => Checked<T>;

interface TypeOf {
  algorithm: AlgorithmEntry;
  platform: PlatformFile;
  'public-images': PublicImages;
}

/** Catalog files are public; a job's values are not, and no sentence repeats them. */
const QUOTES_VALUES: readonly SchemaName[] = ['algorithm', 'platform', 'public-images'];

/**
 * The validator of one schema. It reports all faults, sorted by pointer, and never throws.
 * The types of the job schemas live in `@mip/registry`: `compileSchema<JobRequest>('job-request')`.
 */
export function compileSchema<T = never, N extends SchemaName = SchemaName>(
  name: N,
): Validator<[T] extends [never] ? (N extends keyof TypeOf ? TypeOf[N] : unknown) : T>;
export function compileSchema(name: SchemaName): Validator<unknown> {
  return (given) => checkInPlace(VALIDATORS[name], structuredClone(given), QUOTES_VALUES.includes(name));
}
