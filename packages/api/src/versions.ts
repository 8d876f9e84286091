/** Which version of an algorithm takes a request: the one that its path names, else the default one, or one of its major by weight. Pure. */
import { createHash } from 'node:crypto';
import { type EntryRelease, type JobRecord, lineName, type RegistryEntry, type ServedRelease } from '@mip/registry';
import { Problem } from './middleware/problem.ts';

/** A version that takes requests. */
export interface Served {
  /** The row as if this version were the default one. */
  readonly entry: RegistryEntry;
  /** The base name of its resources. */
  readonly line: string;
}

/**
 * @param version that is asked for, if any.
 * @param jobKey undefined for a request that is no job in any case.
 * @returns 404 for a version that is not served, 410 for one that was yanked.
 */
export function versionFor(row: RegistryEntry, version: string | undefined, jobKey: string | undefined): Served | Problem {
  if (version === undefined) return servedAs(row, jobKey === undefined ? undefined : byWeight(row, jobKey));
  if (version === row.version) return servedAs(row, undefined);
  const release = (row.releases ?? []).find((one) => one.version === version);
  if (release?.yanked)
    return new Problem(410, `Version ${version} of ${row.algorithm_name} was withdrawn and takes no jobs; ${servedWords(row)}.`);
  return release ? servedAs(row, release) : new Problem(404, `This version of ${row.algorithm_name} is not served; ${servedWords(row)}.`);
}

/** A row that failed keeps what ran before, which still does. */
export function takesJobs({ status, queue_url }: Pick<RegistryEntry, 'status' | 'queue_url'>): boolean {
  return status === 'active' || (status === 'failed' && Boolean(queue_url));
}

/**
 * The queue of a job that was recorded before. Where its line has gone meanwhile, another of its major takes it.
 *
 * @returns undefined where nothing does: the line still drains, or its version is gone, which the sweeper finds out.
 */
export function queueOf(row: RegistryEntry, record: JobRecord): string | undefined {
  const own = lineName(row.algorithm_name, row.version);
  const line = record.line ?? record.algorithm;
  const release = running(row).find((one) => one.line === line);
  if (release) return release.queue_url;
  return line === own || majorOf(record.version) === majorOf(row.version) ? row.queue_url : undefined;
}

/**
 * The header of RFC 9745, which speaks of the path that was asked for: of `name@version` alone. A date, in seconds since 1970.
 *
 * @param version that the path names.
 */
export function deprecationHeaders(row: RegistryEntry | undefined, version: string | undefined): Readonly<Record<string, string>> {
  const since = row && version !== undefined ? deprecatedAt(row, version) : undefined;
  return since === undefined ? {} : { deprecation: `@${Math.floor(Date.parse(since) / 1000)}` };
}

/** What the job's record keeps of it. */
export function deprecationWarnings(row: RegistryEntry, version: string): readonly string[] {
  const since = deprecatedAt(row, version);
  if (since === undefined) return [];
  return [
    `version ${version} of ${row.algorithm_name} is deprecated since ${since.slice(0, 10)} and will go; ${row.version} is the default`,
  ];
}

function deprecatedAt({ releases = [] }: RegistryEntry, version: string): string | undefined {
  const release = releases.find((one) => one.version === version);
  return release?.yanked ? undefined : release?.deprecated_at;
}

/** One job always comes to the same of 100 places, so that a repeat under the same weights comes to the same version. */
function byWeight(row: RegistryEntry, jobKey: string): ServedRelease | undefined {
  const place = createHash('sha256').update(jobKey).digest().readUIntBE(0, 6) % 100;
  const candidates = running(row).filter(({ version }) => majorOf(version) === majorOf(row.version));
  let upTo = 0;
  return candidates
    .toSorted((a, b) => (a.version < b.version ? -1 : 1)) // a row in another order is no other choice
    .find(({ weight = 0 }) => {
      upTo += weight;
      return place < upTo;
    });
}

function servedAs(row: RegistryEntry, release: ServedRelease | undefined): Served {
  if (!release) return { entry: row, line: lineName(row.algorithm_name, row.version) };
  const { version, line, queue_url, image_uri, entry } = release;
  const { description, algorithm_type, parameters, input, output } = entry;
  return { entry: { ...row, version, queue_url, image_uri, description, algorithm_type, parameters, input, output, entry }, line };
}

function running({ releases = [] }: RegistryEntry): readonly ServedRelease[] {
  return releases.filter((one: EntryRelease): one is ServedRelease => !one.yanked);
}

function servedWords(row: RegistryEntry): string {
  const versions = [row.version, ...running(row).map(({ version }) => version)];
  return `${versions.join(', ')} ${versions.length > 1 ? 'are' : 'is'}`;
}

function majorOf(version: string): string {
  return version.split('.')[0] ?? '';
}
