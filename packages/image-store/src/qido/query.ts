/** The query parameters of a search: PS3.18 §8.3.4 and §10.6. Pure. */
import { isMatched } from './attributes.ts';
import { findAttribute } from './keywords.ts';
import { BadKey, compile, type Test } from './match.ts';

export type Level = 'study' | 'series' | 'instance';

export const LEVELS: readonly Level[] = ['study', 'series', 'instance'];

/** One attribute by which a search is narrowed. */
export interface Filter {
  readonly level: Level;
  readonly tag: string;
  /** As the client wrote it: an index may be asked with it. */
  readonly key: string;
  readonly matches: Test;
}

export interface Query {
  readonly filters: readonly Filter[];
  /** Tags beyond those that are always returned. */
  readonly include: ReadonlySet<string> | 'all';
  readonly limit: number;
  readonly offset: number;
  /** Asked for, which is answered literally and with a warning. */
  readonly fuzzy: boolean;
}

/** A parameter that cannot be answered; `message` names it and says what it may be. It never repeats a value. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery';
}

/** So many results at most, however many are asked for; a client goes on with `offset`. */
export const MAX_LIMIT = 5000;
export const DEFAULT_LIMIT = 1000;
const MAX_OFFSET = 1_000_000;
const MAX_KEY = 2000;

type Parameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * @param parameters of the URL, decoded.
 * @param level of what is searched; attributes of the levels above may narrow it too.
 * @throws {BadQuery}
 */
export function readQuery(parameters: Parameters, level: Level): Query {
  const filters: Filter[] = [];
  let include: Set<string> | 'all' = new Set<string>();
  const single: Record<string, string> = {};
  for (const [name, given] of Object.entries(parameters)) {
    const values = given === undefined ? [] : typeof given === 'string' ? [given] : given;
    if (name === 'includefield') include = readInclude(values);
    else if (values.length > 1) throw new BadQuery(`The query parameter ${shown(name)} is there more than once.`);
    else if (OTHERS.has(name)) single[name] = values[0] ?? '';
    else filters.push(readFilter(name, values[0] ?? '', level));
  }
  return {
    filters,
    include,
    fuzzy: readBoolean('fuzzymatching', single.fuzzymatching),
    limit: Math.min(readCount('limit', single.limit) ?? DEFAULT_LIMIT, MAX_LIMIT),
    offset: readCount('offset', single.offset) ?? 0,
  };
}

/** `accept` is read by the negotiation. */
const OTHERS: ReadonlySet<string> = new Set(['accept', 'fuzzymatching', 'limit', 'offset']);

function readFilter(name: string, key: string, level: Level): Filter {
  const attribute = findAttribute(name);
  if (!attribute) throw new BadQuery(`The query parameter ${shown(name)} is no attribute of DICOM's dictionary and no option of a search.`);
  const above = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
  const at = above.findLast((one) => isMatched(one, attribute));
  if (!at) throw new BadQuery(`The query parameter ${shown(name)} cannot narrow a search for ${PLURAL[level]} here.`);
  if (key.length > MAX_KEY) throw new BadQuery(`The query parameter ${shown(name)} is longer than ${MAX_KEY} characters.`);
  try {
    return { level: at, tag: attribute.tag, key, matches: compile(attribute.vr, key) };
  } catch (error) {
    if (error instanceof BadKey) throw new BadQuery(`The query parameter ${shown(name)} ${error.message}.`);
    throw error;
  }
}

export const PLURAL = { study: 'studies', series: 'series', instance: 'instances' } as const;

function readInclude(values: readonly string[]): Set<string> | 'all' {
  const ids = values.flatMap((value) => value.split(',')).map((id) => id.trim());
  if (ids.includes('all')) return 'all';
  const include = new Set<string>();
  for (const id of ids) {
    // Of a path into a sequence, the sequence is returned.
    const [first = ''] = id.split('.');
    if (id === '') continue;
    const attribute = findAttribute(first);
    if (!attribute && !/^[0-9A-Fa-f]{8}$/.test(first)) {
      throw new BadQuery('The query parameter includefield names something that is neither an attribute of DICOM\'s dictionary nor "all".');
    }
    include.add(attribute?.tag ?? first.toUpperCase());
  }
  return include;
}

function readCount(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,7}$/.test(value) || Number(value) > MAX_OFFSET)
    throw new BadQuery(`The query parameter ${name} is a whole number from 0 to ${MAX_OFFSET}.`);
  return Number(value);
}

function readBoolean(name: string, value: string | undefined): boolean {
  if (value !== undefined && value !== 'true' && value !== 'false') throw new BadQuery(`The query parameter ${name} is true or false.`);
  return value === 'true';
}

/** A name as the client wrote it may hold anything: only what looks like one is repeated. */
function shown(name: string): string {
  return /^[A-Za-z][A-Za-z0-9]{0,63}$|^[0-9A-Fa-f]{8}$/.test(name) ? name : '(of a name that is none)';
}
