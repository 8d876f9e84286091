/** Decides whether a request may become a job. Pure: reads come before, writes after. */
import type { Input } from '@mip/catalog/input-rules/rules-of';
import { validateParameters } from '@mip/catalog/parameters';
import { below } from '@mip/catalog/pointer';
import { type JobRecord, type JobRequest, jobKey, type RegistryEntry } from '@mip/registry';
import { LIMITS } from '@mip/registry/limits';
import { isAlgorithmName } from '@mip/registry/names';
import { urlFault } from './callbacks/address.ts';
import { imageFaults, type Members, namedFaults } from './image-faults.ts';
import type { Images } from './look/images.ts';
import type { Look } from './look/look.ts';
import { type Fault, invalidBody, Problem } from './middleware/problem.ts';
import { overrideFaults, overridesOf, tagsOf } from './overrides.ts';
import { deprecationWarnings, takesJobs, versionFor } from './versions.ts';

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
  /** Where a callback may go; undefined for a client without a secret to sign it with. */
  readonly callbacks: readonly string[] | undefined;
  /** The client's role that allows overrides; undefined where it has none. */
  readonly role: string | undefined;
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
  /** The row, as the version has it that takes the job. */
  readonly entry: RegistryEntry;
  readonly line: string;
  readonly request: JobRequest;
  /** With the defaults of this version. */
  readonly parameters: NonNullable<JobRequest['parameters']>;
  readonly admission: NonNullable<JobRecord['admission']>;
  /** The PACS that is meant where the request names none. */
  readonly defaultSource: string;
}

/** @throws {Problem} 404 when the text cannot name an algorithm. */
export function parseTarget(text: string): Target {
  const [name = '', version, ...more] = text.split('@');
  if (!isAlgorithmName(name) || more.length > 0) throw noSuchAlgorithm();
  return version === undefined ? { name } : { name, version };
}

/**
 * The one door to the queue.
 *
 * @returns what was admitted, or why not: 404 (algorithm, version, images), 403 (whose, what for), 409 (not running), 410 (version yanked), 422 (every fault).
 */
export function admit({ target, entry: row, clientId, callbacks, role, body, faults, images, look }: Candidate): Admitted | Problem {
  if (!row) return noSuchAlgorithm();
  const given = loose(body);
  // What is no Unicode has no key; it is at fault anyway.
  const key =
    typeof given.job_id === 'string' && given.job_id.isWellFormed() ? jobKey({ client_id: clientId, job_id: given.job_id }) : undefined;
  const served = versionFor(row, target.version, key);
  if (served instanceof Problem) return served;
  const { entry, line } = served;
  if (typeof given.client_id === 'string' && given.client_id !== clientId)
    return new Problem(403, 'The client_id in the body is not the client of this key.');
  if (given.purpose === 'conformance' || given.purpose === 'shadow')
    return new Problem(403, `Jobs for ${given.purpose} come from the platform itself; leave purpose out.`);
  if (given.overrides !== undefined && role === undefined) return noOverrides();
  if (!takesJobs(row)) {
    const why = row.reason === undefined ? '' : ` ${row.reason}`;
    return new Problem(409, `The algorithm ${target.name} is ${row.status}: it is known, but does not run now.${why}`);
  }
  const checked = validateParameters(entry.parameters, given.parameters);
  const named = namedFaults(entry, given.pacs, images);
  const tags = new Set(tagsOf(given.overrides).filter((tag) => tag !== undefined));
  const { refused, missing, warnings, deferred } = imageFaults(entry, given.pacs, { images, look, overriding: { role, tags } });
  const unknownRules = overrideFaults(entry.input as Input, given.overrides);
  const all = [...faults, ...checked.faults, ...named, ...callbackFaults(given.callback_url, callbacks), ...unknownRules];
  if (all.length + refused.length > 0) return invalidBody(all, [...refused, ...missing]);
  if (look?.kind === 'missing') return new Problem(404, `The PACS has no such ${look.level}.`, { faults: missing });
  const told = [...warnings, ...deprecationWarnings(row, entry.version)];
  const request = body as JobRequest;
  const state = deferred ? ('deferred' as const) : ('checked' as const);
  const admission = { state, warnings: told, ...overridesOf(request.overrides, role) };
  return { entry, line, request, parameters: checked.effective, admission, defaultSource: images.defaultName };
}

function callbackFaults(url: unknown, allowed: readonly string[] | undefined): readonly Fault[] {
  if (url === undefined) return [];
  const unsigned = 'needs a secret that it is signed with: have one made for you (mip clients secret), or leave it out and poll the job';
  const detail = allowed ? urlFault(url, allowed) : unsigned;
  return detail === undefined ? [] : [{ pointer: '/callback_url', detail }];
}

function noOverrides(): Problem {
  const detail = 'Only a client with a role that this platform allows can override rules, and you have none.';
  return new Problem(403, detail, { faults: [{ pointer: '/overrides', detail: 'needs such a role: leave it out, or ask for one' }] });
}

/** A body of any shape as members that may be looked at: what is no object counts as an empty one, its fault is the schema's. */
function loose(body: unknown) {
  const given = members(body);
  return { ...given, pacs: members(given.pacs), parameters: members(given.parameters) } as Members & { pacs: Members; parameters: Members };
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

/** What neither the record nor its digest could hold: parameters, and reasons of overrides. */
export function unstorable(body: unknown): readonly Fault[] {
  return [...unstorableParameters(body), ...unstorableReasons(members(body).overrides)];
}

function unstorableReasons(overrides: unknown): readonly Fault[] {
  if (!Array.isArray(overrides)) return [];
  return overrides.flatMap((one, index) => {
    const { reason } = members(one);
    return typeof reason === 'string' && !reason.isWellFormed()
      ? [{ pointer: `/overrides/${index}/reason`, detail: 'is not valid Unicode' }]
      : [];
  });
}

function unstorableParameters(body: unknown): readonly Fault[] {
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
