/** Decides whether a request may become a job. Pure: reads come before, writes after. */
import { validateParameters } from '@mip/catalog/parameters';
import { below } from '@mip/catalog/pointer';
import type { JobRecord, JobRequest, RegistryEntry } from '@mip/registry';
import { LIMITS } from '@mip/registry/limits';
import { ALGORITHM_NAME } from '@mip/registry/names';
import { type CheckedInput, checkInput, type Input } from './input-check.ts';
import type { Images } from './look/images.ts';
import { type Look, levelOf, type Uids } from './look/look.ts';
import { type Fault, invalidBody, Problem } from './middleware/problem.ts';

/** What the path asks for: `name`, or `name@version`. */
export interface Target {
  readonly name: string;
  readonly version?: string;
}

export interface Candidate {
  readonly target: Target;
  /** The algorithm's row; undefined when there is none. */
  readonly entry: RegistryEntry | undefined;
  readonly clientId: string;
  /** Any JSON; it is a `JobRequest` where `faults` is empty. */
  readonly body: unknown;
  /** What is wrong with the body whatever the algorithm. */
  readonly faults: readonly Fault[];
  /** The PACSs that a request can name. */
  readonly images: Pick<Images, 'names' | 'defaultName' | 'maxImageBytes'>;
  /** What the PACS says of the images; undefined where the body is too wrong to ask. */
  readonly look: Look | undefined;
}

export interface Admitted {
  readonly entry: RegistryEntry;
  readonly request: JobRequest;
  /** With the defaults of this version. */
  readonly parameters: NonNullable<JobRequest['parameters']>;
  readonly admission: NonNullable<JobRecord['admission']>;
  /** The PACS that is meant where the request names none. */
  readonly defaultSource: string;
}

const NAME_LENGTH = 36;

/** @throws {Problem} 404 when the text cannot name an algorithm. */
export function parseTarget(text: string): Target {
  const [name = '', version, ...more] = text.split('@');
  if (!ALGORITHM_NAME.test(name) || name.length > NAME_LENGTH || more.length > 0) throw noSuchAlgorithm();
  return version === undefined ? { name } : { name, version };
}

/**
 * The one door to the queue.
 *
 * @returns what was admitted, or why not: 404 (algorithm, version, images), 403 (whose, what for), 409 (not running), 422 (every fault).
 */
export function admit({ target, entry, clientId, body, faults, images, look }: Candidate): Admitted | Problem {
  if (!entry) return noSuchAlgorithm();
  if (target.version !== undefined && target.version !== entry.version)
    return new Problem(404, `This version of ${target.name} is not served; ${entry.version} is.`);
  const given = loose(body);
  if (typeof given.client_id === 'string' && given.client_id !== clientId)
    return new Problem(403, 'The client_id in the body is not the client of this key.');
  if (given.purpose === 'conformance' || given.purpose === 'shadow')
    return new Problem(403, `Jobs for ${given.purpose} come from the platform itself; leave purpose out.`);
  if (entry.status !== 'active')
    return new Problem(409, `The algorithm ${target.name} is ${entry.status}: it is known, but does not run now.`);
  const checked = validateParameters(entry.parameters, given.parameters);
  const all = [
    ...faults,
    ...checked.faults,
    ...scopeFaults(entry, given.pacs),
    ...sourceFaults(given.pacs, images),
    ...notServedYet(given),
  ];
  const { refused, warnings, deferred } = inputOf(entry, given.pacs, { images, look });
  const missing = look?.kind === 'missing' ? [missingFault(look.level)] : [];
  if (all.length + refused.length > 0) return invalidBody(all, [...refused, ...missing]);
  if (look?.kind === 'missing') return new Problem(404, `The PACS has no such ${look.level}.`, { faults: missing });
  const admission = { state: deferred ? ('deferred' as const) : ('checked' as const), warnings: [...warnings] };
  return { entry, request: body as JobRequest, parameters: checked.effective, admission, defaultSource: images.defaultName };
}

/** The rules of the algorithm, at the UID that says what is asked for. */
function inputOf(
  entry: RegistryEntry,
  pacs: Members,
  { images, look }: Pick<Candidate, 'images' | 'look'>,
): Omit<CheckedInput, 'refused'> & { refused: readonly Fault[] } {
  if (!look) return { refused: [], warnings: [], deferred: true };
  const level = levelOf(pacs as unknown as Uids);
  const checked = checkInput({ input: entry.input as Input, capacity: { ...entry, maxImageBytes: images.maxImageBytes } }, level, look);
  return { ...checked, refused: checked.refused.map((words) => ({ pointer: `/pacs/${level}_uid`, detail: `is not taken: ${words}` })) };
}

function missingFault(level: string): Fault {
  return { pointer: `/pacs/${level}_uid`, detail: `names no ${level} of this PACS` };
}

/** The most specific UID given decides whether an instance, a series or a study is asked for. */
function scopeFaults(entry: RegistryEntry, pacs: Members): readonly Fault[] {
  const levels = ['instance', 'series', 'study'] as const;
  const asked = levels.find((level) => pacs[`${level}_uid`] !== undefined);
  const scope = entry.input.scope as readonly (typeof levels)[number][];
  if (asked === undefined || scope.includes(asked)) return [];
  const takes = scope.map((level) => `one ${level}`).join(' or ');
  // Of the levels below the one asked for, the highest that the algorithm takes: its UID is what is missing.
  const needed = levels.findLast((level) => scope.includes(level) && levels.indexOf(level) < levels.indexOf(asked));
  const detail = needed ? `is required: ${entry.algorithm_name} takes ${takes}` : `is too specific: ${entry.algorithm_name} takes ${takes}`;
  return [{ pointer: `/pacs/${needed ?? asked}_uid`, detail }];
}

function sourceFaults({ source }: Members, { names }: Candidate['images']): readonly Fault[] {
  if (source === undefined || names.includes(source as string)) return [];
  return [
    { pointer: '/pacs/source', detail: `names no PACS of this platform; there ${names.length > 1 ? 'are' : 'is'} ${names.join(', ')}` },
  ];
}

function notServedYet(given: ReturnType<typeof loose>): readonly Fault[] {
  const faults: Fault[] = [];
  if (given.callback_url !== undefined) faults.push({ pointer: '/callback_url', detail: 'is not served yet: poll the job instead' });
  return faults;
}

type Members = Readonly<Record<string, unknown>>;

/** A body of any shape as members that may be looked at: what is no object counts as an empty one, its fault is the schema's. */
function loose(body: unknown) {
  const given = members(body);
  return { ...given, pacs: members(given.pacs), parameters: members(given.parameters) } as Members & { pacs: Members; parameters: Members };
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

/** Parameters that no algorithm can take, because neither the record nor its digest could hold them. */
export function unstorable(body: unknown): readonly Fault[] {
  const { most, least } = LIMITS.dynamodb.number;
  return Object.entries(loose(body).parameters).flatMap(([name, value]) => {
    const pointer = below('/parameters', name);
    if (!name.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) return [{ pointer, detail: 'is not valid Unicode' }];
    const size = typeof value === 'number' ? Math.abs(value) : 0;
    return size > most || (size > 0 && size < least) ? [{ pointer, detail: 'is too large or too small a number' }] : [];
  });
}

function noSuchAlgorithm(): Problem {
  return new Problem(404, 'There is no algorithm of this name.');
}
