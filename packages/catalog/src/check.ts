/** A document against its schema: an item with all defaults, and the faults with their places. */
import type { ValidateFunction } from 'ajv';
import type { Document } from './document.ts';
import type { Algorithm, Platform } from './entry.ts';
import { validate as validateAlgorithm } from './generated/algorithm.validator.js';
import { validate as validatePlatform } from './generated/platform.validator.js';
import type { PublicImages } from './generated/public-images.ts';
import { validate as validatePublicImages } from './generated/public-images.validator.js';
import type { Problem } from './problem.ts';
import { checkInPlace, isAboutKey, type SchemaFault } from './schema-check.ts';

/** What the schema says of one document. */
export interface CheckedDocument<T> {
  /** Whole only when `faultyFields` is empty. */
  readonly item: T;
  /** The top-level fields with a fault; `''` when the document is no mapping at all. */
  readonly faultyFields: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

export function checkAlgorithm(document: Document): CheckedDocument<Algorithm> {
  return checkDocument(document, validateAlgorithm);
}

export function checkPlatform(document: Document): CheckedDocument<Platform> {
  return checkDocument(document, validatePlatform);
}

export function checkPublicImages(document: Document): CheckedDocument<PublicImages> {
  return checkDocument(document, validatePublicImages);
}

function checkDocument<T>(document: Document, schema: ValidateFunction): CheckedDocument<T> {
  const { file, position } = document;
  if (document.value === undefined) return { item: { file, position } as T, faultyFields: new Set(['']), problems: document.problems };
  const given = document.value as object;
  const written = typeof given === 'object' && given !== null ? Object.keys(given) : []; // before defaults are filled in
  const { value, faults } = checkInPlace(schema, given, true);
  const item = { ...value, file, position, written } as T;
  if (!faults.length && !document.problems.length) return { item, faultyFields: NONE, problems: [] };
  const fields = [...faults, ...document.problems].map(({ pointer }) => pointer.split('/')[1] ?? '');
  return {
    item,
    faultyFields: new Set(fields),
    problems: [...document.problems, ...faults.map((fault) => schemaProblem(document, fault))],
  };
}

const NONE: ReadonlySet<string> = new Set();

function schemaProblem(document: Document, fault: SchemaFault): Problem {
  const at = isAboutKey(fault) ? document.keyPosition(fault.pointer) : document.position(fault.pointer);
  return { file: document.file, ...at, pointer: fault.pointer, severity: 'error', rule: 'schema', message: fault.detail };
}
