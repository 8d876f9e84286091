/** What the routes that change the catalog have in common: what they read, refuse and answer. */
import { type Judged, judgeEntry } from '@mip/catalog/judge-change';
import { isObject, type Members } from '@mip/catalog/merge-patch';
import { type CatalogChange, type CatalogStore, type Proposed, type Snapshot, StoreUnavailable } from '@mip/catalog/store';
import { isAlgorithmName } from '@mip/registry/names';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Fault, invalidBody, Problem } from '../middleware/problem.ts';
import { isDeeperThan } from '../routes/request-body.ts';
import type { Placeholder } from './draft.ts';

/** An entry's own nesting, and then some. */
const DEEPEST = 24;

export function noSuchEntry(): Problem {
  return new Problem(404, 'There is no algorithm of this name in the catalog.');
}

/** The algorithm that the path names. @throws {Problem} 404 where no algorithm can have that name. */
export function nameOf(request: FastifyRequest): string {
  const { name } = request.params as { name: string };
  if (!isAlgorithmName(name)) throw noSuchEntry();
  return name;
}

/** @throws {Problem} 400 when nothing came, 422 when it is no object, or nothing that could be written down. */
export function readObject({ body }: FastifyRequest): Members {
  if (body === undefined) throw new Problem(400, 'The body is empty. Send a JSON object.');
  if (!isObject(body)) throw invalidBody([{ pointer: '', detail: 'has to be a JSON object' }]);
  if (isDeeperThan(DEEPEST, body)) throw invalidBody([{ pointer: '', detail: 'is nested too deeply' }]);
  if (!isUnicode(body)) throw invalidBody([{ pointer: '', detail: 'holds text that is not valid Unicode' }]);
  return body;
}

/** Half a character cannot be written into a file. */
function isUnicode(body: Members): boolean {
  let sound = true;
  JSON.stringify(body, (key, value) => {
    sound &&= key.isWellFormed() && (typeof value !== 'string' || value.isWellFormed());
    return value;
  });
  return sound;
}

/** Whatever the store says when it does not work is 503, in its own words: they hold nothing secret. */
export async function stored<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    throw new Problem(503, `The catalog is out of reach: ${error.message}.`, { headers: { 'retry-after': error.passing ? '5' : '300' } });
  }
}

/** @throws {Problem} 422 with every fault. */
export async function judged(
  snapshot: Snapshot,
  candidate: Parameters<typeof judgeEntry>[1],
  more: readonly Fault[] = [],
): Promise<Judged> {
  const verdict = await stored(judgeEntry(snapshot, candidate));
  const told = new Set(more.map(({ pointer }) => pointer));
  const faults = verdict.faults.filter(({ pointer }) => !told.has(pointer)).map(({ pointer, message: detail }) => ({ pointer, detail }));
  if (faults.length + more.length > 0) throw invalidBody([...more, ...faults].toSorted((a, b) => (a.pointer < b.pointer ? -1 : 1)));
  return verdict;
}

export async function proposed(catalog: CatalogStore, snapshot: Snapshot, change: CatalogChange): Promise<Proposed> {
  return stored(catalog.propose(snapshot, change));
}

export interface Answer {
  readonly name: string;
  readonly made: Proposed | { readonly state: 'unchanged' };
  readonly version?: string;
  /** The hash of the file as it will be. */
  readonly hash?: string | undefined;
  readonly placeholders?: readonly Placeholder[];
  readonly warnings?: Judged['warnings'];
}

/** 202 and where to follow it; 200 where there is nothing to do. */
export function sendChange(reply: FastifyReply, { name, made, version, hash, placeholders = [], warnings = [] }: Answer): FastifyReply {
  const href = ('url' in made ? made.url : undefined) ?? `/algorithms/${name}`;
  return reply
    .code(made.state === 'unchanged' ? 200 : 202)
    .headers({ 'cache-control': 'no-store', ...(made.state !== 'unchanged' && { location: href }), ...(hash && { etag: `"${hash}"` }) })
    .send({
      algorithm: name,
      ...(version !== undefined && { version }),
      state: made.state,
      href,
      placeholders: placeholders.map(({ field, detail }) => ({ pointer: `/${field}`, detail })),
      warnings: warnings.map(({ pointer, message: detail }) => ({ pointer, detail })),
    });
}
