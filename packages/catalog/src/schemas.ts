/** The JSON schemas as compiled validators, whose faults are sentences with a pointer. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import algorithm from '../../../schemas/algorithm.schema.json' with { type: 'json' };
import jobMessage from '../../../schemas/job-message.schema.json' with { type: 'json' };
import jobRecord from '../../../schemas/job-record.schema.json' with { type: 'json' };
import jobRequest from '../../../schemas/job-request.schema.json' with { type: 'json' };
import platform from '../../../schemas/platform.schema.json' with { type: 'json' };
import type { AlgorithmEntry } from './generated/algorithm.ts';
import type { PlatformFile } from './generated/platform.ts';
import { below } from './pointer.ts';
import { describeError } from './sentence.ts';

const DOCUMENTS = {
  algorithm,
  platform,
  'job-request': jobRequest,
  'job-message': jobMessage,
  'job-record': jobRecord,
} as const;

export type SchemaName = keyof typeof DOCUMENTS;
export const SCHEMA_NAMES = Object.keys(DOCUMENTS) as readonly SchemaName[];

/** One fault: the pointer of the value at fault (of the missing or unknown member itself), and a sentence. */
export interface SchemaFault {
  readonly pointer: string;
  readonly detail: string;
  /** The JSON Schema keyword that failed. */
  readonly keyword: string;
}

/** `value` is a copy with the schema's defaults filled in; where there are faults it holds what could be read. */
export interface Checked<T> {
  readonly ok: boolean;
  readonly value: T;
  readonly faults: readonly SchemaFault[];
}

export type Validator<T> = (value: unknown) => Checked<T>;

interface TypeOf {
  algorithm: AlgorithmEntry;
  platform: PlatformFile;
}

/** Catalog files are public; a job's values are not, and no sentence repeats them. */
const QUOTES_VALUES: readonly SchemaName[] = ['algorithm', 'platform'];

const compiled = new Map<SchemaName, Validator<unknown>>();

/**
 * The validator of one schema, compiled at its first use. It reports all faults, sorted by pointer, and never throws.
 * The types of the job schemas live in `@mip/registry`: `compileSchema<JobRequest>('job-request')`.
 */
export function compileSchema<T = never, N extends SchemaName = SchemaName>(
  name: N,
): Validator<[T] extends [never] ? (N extends keyof TypeOf ? TypeOf[N] : unknown) : T>;
export function compileSchema(name: SchemaName): Validator<unknown> {
  const known = compiled.get(name);
  if (known) return known;
  const validate = instance().compile(DOCUMENTS[name]);
  const validator: Validator<unknown> = (value) => check(validate, value, QUOTES_VALUES.includes(name));
  compiled.set(name, validator);
  return validator;
}

function instance(): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, useDefaults: true, verbose: true, strict: true, strictTypes: false, strictRequired: false });
  ajv.addKeyword('x-hint');
  formats.default(ajv, ['uri', 'regex']);
  return ajv;
}

function check(validate: ValidateFunction, given: unknown, quoteValue: boolean): Checked<unknown> {
  const value = structuredClone(given);
  if (validate(value)) return { ok: true, value, faults: [] };
  const faults = (validate.errors ?? []).filter(isTheFaultItself).map((error) => {
    const pointer = pointerOf(error);
    return { pointer, detail: describeError(error, quoteValue), keyword: error.keyword };
  });
  return { ok: false, value, faults: mostSpecific(faults) };
}

/** ajv also reports the frame around a fault, and every branch that was tried. */
function isTheFaultItself({ keyword, schemaPath }: ErrorObject): boolean {
  return keyword !== 'if' && keyword !== 'propertyNames' && !/\/(oneOf|anyOf)\/\d+\//.test(schemaPath);
}

function pointerOf({ keyword, instancePath, params, propertyName }: ErrorObject): string {
  if (propertyName !== undefined) return below(instancePath, propertyName);
  if (keyword === 'required' || keyword === 'dependentRequired') return below(instancePath, params.missingProperty);
  if (keyword === 'additionalProperties') return below(instancePath, params.additionalProperty);
  return instancePath;
}

/** One fault a pointer: the first keyword that failed there explains it, and a value of the wrong type is told as that alone. */
function mostSpecific(faults: readonly SchemaFault[]): SchemaFault[] {
  const byPointer = new Map<string, SchemaFault>();
  for (const fault of faults) {
    const known = byPointer.get(fault.pointer);
    if (!known || rank(fault) < rank(known)) byPointer.set(fault.pointer, fault);
  }
  return [...byPointer.values()].sort((a, b) => (a.pointer < b.pointer ? -1 : 1));
}

function rank({ keyword }: SchemaFault): number {
  if (keyword === 'type') return 0;
  return keyword === 'not' ? 1 : 2;
}

/** Whether a fault is about a member's key rather than its value. */
export function isAboutKey({ keyword }: SchemaFault): boolean {
  return keyword === 'additionalProperties' || keyword === 'propertyNames';
}
