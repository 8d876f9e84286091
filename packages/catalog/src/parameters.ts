/** The parameters of a request against those that the entry declares. Pure. */
import type { Parameter, Parameters, ParameterValue } from './entry.ts';
import { nearestName } from './nearest-name.ts';
import { below } from './pointer.ts';

export interface ParameterFault {
  /** Of the parameter in the request's body, such as `/parameters/width`. */
  readonly pointer: string;
  /** What is wrong and what is accepted; it never repeats the value. */
  readonly detail: string;
}

export interface CheckedParameters {
  /** The given values and the defaults of those left out, in the declared order; only meaningful without faults. */
  readonly effective: Readonly<Record<string, ParameterValue>>;
  readonly faults: readonly ParameterFault[];
}

/** Text longer than this is refused, in characters. */
export const MAX_TEXT = 256;

/**
 * @param declared the entry's `parameters`
 * @param given what the request carries, of any shape; nothing is converted: `"1"` is no number, `1.5` no int, NaN no float
 * @param at the pointer of `given`
 */
export function validateParameters(declared: Parameters, given: unknown, at = '/parameters'): CheckedParameters {
  if (!isMapping(given)) return { effective: {}, faults: [{ pointer: at, detail: 'has to be a mapping from parameter name to value' }] };
  const names = Object.keys(declared);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(declared, name));
  const faults = unknown.map((name) => ({ pointer: below(at, name), detail: unknownDetail(name, names) }));
  const effective: Record<string, ParameterValue> = {};
  for (const name of names) {
    const parameter = declared[name] as Parameter;
    const value = Object.hasOwn(given, name) ? given[name] : parameter.default;
    if (value === undefined && !Object.hasOwn(given, name)) continue;
    const detail = parameterFault(parameter, value);
    if (detail) faults.push({ pointer: below(at, name), detail });
    else effective[name] = withoutNegativeZero(value as ParameterValue);
  }
  return { effective, faults };
}

/** What is wrong with one value; nothing when it is right. */
export function parameterFault(parameter: Parameter, value: unknown): string | undefined {
  return TYPES[parameter.type](value, parameter);
}

type Check = (value: unknown, parameter: Parameter) => string | undefined;

const TYPES: Readonly<Record<Parameter['type'], Check>> = {
  int: (value, parameter) => (Number.isSafeInteger(value) ? outside(value as number, parameter) : 'has to be a whole number'),
  float: (value, parameter) => (Number.isFinite(value) ? outside(value as number, parameter) : 'has to be a finite number'),
  bool: (value) => (typeof value === 'boolean' ? undefined : 'has to be true or false'),
  string: (value) => textFault(value),
  enum: (value, { values = [] }) => (values.includes(value as string) ? undefined : `has to be one of ${values.join(', ')}`),
};

function outside(value: number, { minimum, maximum, unit }: Parameter): string | undefined {
  const suffix = unit ? ` ${unit}` : '';
  if (minimum !== undefined && value < minimum) return `has to be at least ${minimum}${suffix}`;
  if (maximum !== undefined && value > maximum) return `has to be at most ${maximum}${suffix}`;
  return undefined;
}

function textFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'has to be text';
  if ([...value].length > MAX_TEXT) return `has to have at most ${MAX_TEXT} characters`;
  return value.isWellFormed() ? undefined : 'has to be well-formed Unicode';
}

function unknownDetail(name: string, known: readonly string[]): string {
  if (!known.length) return 'is no parameter of this algorithm, which takes none';
  const near = nearestName(name, known);
  return `is no parameter of this algorithm; ${near ? `did you mean ${near}? It` : 'it'} takes ${known.join(', ')}`;
}

/** RFC 8785 writes -0 as 0; a digest and a value have to agree. */
function withoutNegativeZero(value: ParameterValue): ParameterValue {
  return value === 0 ? 0 : value;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
