/** A schema's complaint as a sentence that says what to do. A schema may add a hint: the annotation `x-hint`. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import { nearestName } from './nearest-name.ts';

type Annotated = { 'x-hint'?: string; properties?: Record<string, unknown> };
type Writer = (error: ErrorObject, value: string) => string;

const UNITS: Readonly<Record<string, string>> = {
  minLength: 'characters',
  maxLength: 'characters',
  minItems: 'items',
  maxItems: 'items',
  minProperties: 'fields',
  maxProperties: 'fields',
};

const WRITERS: Readonly<Record<string, Writer>> = {
  required: ({ params }) => `${params.missingProperty} is missing; add it`,
  dependentRequired: ({ params }) => `${params.property} needs ${params.missingProperty}; add it`,
  additionalProperties: unknownField,
  type: ({ params, data }, value) =>
    `has to be ${typeNames(params.type)}, not ${typeof data === 'object' ? shapeOf(data) : `${shapeOf(data)}${value}`}`,
  enum: ({ params }, value) => `has to be one of ${params.allowedValues.join(', ')}${value && `, not${value}`}`,
  const: ({ params }) => `has to be ${JSON.stringify(params.allowedValue)}`,
  minimum: ({ params }, value) => `has to be at least ${params.limit}${value && `, not${value}`}`,
  maximum: ({ params }, value) => `has to be at most ${params.limit}${value && `, not${value}`}`,
  uniqueItems: ({ params }) => `items ${params.j} and ${params.i} are equal; keep one`,
  format: ({ params }) => `is not a valid ${params.format === 'uri' ? 'URL' : 'regular expression'}`,
};

/** @param quoteValue whether the sentence may repeat the value at fault */
export function describeError(error: ErrorObject, quoteValue: boolean): string {
  const value = quoteValue ? ` ${shorten(error.propertyName ?? error.data)}` : '';
  const hint = hintOf(error);
  const write = WRITERS[error.keyword] ?? ((one: ErrorObject) => bound(one) ?? (hint ? '' : `${one.message ?? 'is not allowed'}`));
  const sentence = error.keyword === 'pattern' ? `${value.trim() || 'the value'} does not fit` : write(error, value);
  const ended = [sentence, hint].filter(Boolean).join(sentence && hint ? '. ' : '');
  return ended.replace(/\.$/, '');
}

function hintOf({ keyword, parentSchema }: ErrorObject): string {
  return keyword === 'additionalProperties' || keyword === 'required' ? '' : ((parentSchema as Annotated | undefined)?.['x-hint'] ?? '');
}

function bound({ keyword, params }: ErrorObject): string | undefined {
  const unit = UNITS[keyword];
  return unit && `has to have at ${keyword.startsWith('min') ? 'least' : 'most'} ${params.limit} ${unit}`;
}

function unknownField({ params, parentSchema }: ErrorObject): string {
  const known = Object.keys((parentSchema as Annotated).properties ?? {});
  const near = nearestName(params.additionalProperty, known);
  const advice = near ? `did you mean ${near}?` : `known here: ${known.join(', ')}`;
  return `${shorten(params.additionalProperty).slice(1, -1)} is no known field; ${advice}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
};

function typeNames(types: string | readonly string[]): string {
  return [types]
    .flat()
    .map((type) => TYPE_NAMES[type] ?? type)
    .join(' or ');
}

function shapeOf(data: unknown): string {
  if (data === null) return 'empty';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'string') return 'the text';
  return typeof data === 'object' ? 'a mapping' : typeof data === 'number' ? 'the number' : 'the value';
}

function shorten(data: unknown): string {
  const text = typeof data === 'number' ? String(data) : (JSON.stringify(data) ?? '');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
