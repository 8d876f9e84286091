/** What a compiled schema says of a value: faults that are sentences with a pointer. */
import type { ErrorObject, ValidateFunction } from 'ajv';
import { below } from './pointer.ts';
import { describeError } from './sentence.ts';

/** One fault: the pointer of the value at fault (of the missing or unknown member itself), and a sentence. */
export interface SchemaFault {
  readonly pointer: string;
  readonly detail: string;
  /** The JSON Schema keyword that failed. */
  readonly keyword: string;
}

/** `value` is the one that was given, with the schema's defaults filled in; where there are faults it holds what could be read. */
export interface Checked<T> {
  readonly ok: boolean;
  readonly value: T;
  readonly faults: readonly SchemaFault[];
}

/**
 * Fills the schema's defaults into the value itself, and reports all faults, sorted by pointer. It never throws.
 *
 * @param quoteValues whether a sentence may repeat the value at fault
 */
export function checkInPlace<T>(validate: ValidateFunction, value: T, quoteValues: boolean): Checked<T> {
  if (validate(value)) return { ok: true, value, faults: [] };
  const faults = (validate.errors ?? []).filter(isTheFaultItself).map((error) => {
    const pointer = pointerOf(error);
    return { pointer, detail: describeError(error, quoteValues), keyword: error.keyword };
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
