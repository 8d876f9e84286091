/** Decides whether a request may become a job. Pure: reads come before, writes after. */
import { validateParameters } from '@mip/catalog/parameters';
import { below } from '@mip/catalog/pointer';
import type { JobRecord, JobRequest, RegistryEntry } from '@mip/registry';
import { LIMITS } from '@mip/registry/limits';
import { ALGORITHM_NAME } from '@mip/registry/names';
import { imageFaults, type Members, namedFaults } from './image-faults.ts';
import type { Images } from './look/images.ts';
import type { Look } from './look/look.ts';
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
  const named = namedFaults(entry, given.pacs, images);
  const { refused, missing, warnings, deferred } = imageFaults(entry, given.pacs, { images, look });
  const all = [...faults, ...checked.faults, ...named, ...notServedYet(given)];
  if (all.length + refused.length > 0) return invalidBody(all, [...refused, ...missing]);
  if (look?.kind === 'missing') return new Problem(404, `The PACS has no such ${look.level}.`, { faults: missing });
  const admission = { state: deferred ? ('deferred' as const) : ('checked' as const), warnings: [...warnings] };
  return { entry, request: body as JobRequest, parameters: checked.effective, admission, defaultSource: images.defaultName };
}

function notServedYet(given: ReturnType<typeof loose>): readonly Fault[] {
  return given.callback_url === undefined ? [] : [{ pointer: '/callback_url', detail: 'is not served yet: poll the job instead' }];
}

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
