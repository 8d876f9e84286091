/** The body of a registration as an entry of the catalog. Pure. */
import type { Platform } from '@mip/catalog';
import { isObject, type Members } from '@mip/catalog/merge-patch';
import { inc, rsort } from 'semver';

/** A field that the catalog asks for and the body does not have: somebody has to put the truth in its place. */
export interface Placeholder {
  readonly field: string;
  readonly detail: string;
}

export interface Draft {
  readonly entry: Members;
  readonly placeholders: readonly Placeholder[];
}

/** What the older API's bodies hold; one of more than these is an entry. */
const OLDER: ReadonlySet<string> = new Set([
  ...['name', 'version', 'status', 'image_uri', 'algorithm_type', 'description'],
  ...['cpu', 'memory', 'parameters', 'license'],
]);

/** What people called types before. */
const TYPES: Readonly<Record<string, string>> = {
  integer: 'int',
  number: 'float',
  double: 'float',
  boolean: 'bool',
  str: 'string',
};

export interface Known {
  /** Released versions of this name. */
  readonly versions: readonly string[];
  readonly platforms: readonly Pick<Platform, 'allow'>[];
}

export function isOlder(body: Members): boolean {
  return Object.keys(body).every((field) => OLDER.has(field));
}

/** An entry gets at most its version; an older body also what people have to write. */
export function draftEntry(body: Members, known: Known): Draft {
  const version = { version: nextVersion(known.versions) };
  if (!isOlder(body)) return { entry: { ...version, ...body }, placeholders: [] };
  const stand = standIns(known);
  const missing = Object.entries(stand).filter(([field]) => !Object.hasOwn(body, field));
  return {
    entry: { ...version, ...withNames(body), ...Object.fromEntries(missing.map(([field, { value }]) => [field, value])) },
    placeholders: missing.map(([field, { detail }]) => ({ field, detail })),
  };
}

/** The first one, or the minor version after the latest that there ever was. */
function nextVersion(versions: readonly string[]): string {
  const [latest] = rsort([...versions]);
  return (latest && inc(latest, 'minor')) ?? '1.0.0';
}

/** The narrowest of what they may say: to allow more later breaks nobody who calls it. */
function standIns({ platforms }: Known): Readonly<Record<string, { readonly value: unknown; readonly detail: string }>> {
  const [first, ...others] = platforms.map(({ allow }) => allow.licenses);
  const license = (first ?? []).find((one) => others.every((allowed) => allowed.includes(one))) ?? 'NOASSERTION';
  return {
    description: { value: 'Not described yet.', detail: 'Say what the algorithm does, in a sentence.' },
    input: {
      value: { scope: ['instance'], units: 'stored' },
      detail: 'Say what it takes: instances, series or studies, in which units, of which modalities, under which rules.',
    },
    output: { value: { kind: 'image' }, detail: 'Say what it gives: images, a segmentation or measurements, with their codes.' },
    owners: { value: ['@OWNER/mip'], detail: 'Name the GitHub users or teams that answer for it.' },
    license: { value: license, detail: 'Name its licence: this one is only the first that the platform allows.' },
  };
}

function withNames(body: Members): Members {
  if (!isObject(body.parameters)) return body;
  const parameters = Object.entries(body.parameters).map(([name, one]) => [name, isObject(one) ? renamed(one) : one]);
  return { ...body, parameters: Object.fromEntries(parameters) };
}

function renamed(parameter: Members): Members {
  const { type } = parameter;
  return typeof type === 'string' && Object.hasOwn(TYPES, type) ? { ...parameter, type: TYPES[type] } : parameter;
}
