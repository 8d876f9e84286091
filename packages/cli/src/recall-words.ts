/** What is asked of a recall, and how it is told: to people as tables, to machines as one JSON object a line. Pure. */
import { printable, printableJson } from '@mip/catalog/printable';
import type { ClientRecall, Kept, Recall, RecalledJob, RecallOrder } from '@mip/registry';
import { Failure } from './context.ts';
import { table } from './tables.ts';

export interface Question extends RecallOrder {
  readonly algorithm: string;
  readonly since: Date;
  /** Not itself. */
  readonly until: Date;
}

/** As they were typed. */
export interface RecallOptions {
  readonly digest?: string;
  readonly since?: string;
  readonly until?: string;
  /** Whether clients are told, and what of it. */
  readonly notify?: boolean;
  readonly reason?: string;
}

export interface RegionRecall extends Recall {
  readonly region: string;
  /** Where the results' keys are. */
  readonly bucket: string;
}

/** Before the first job of any platform. */
const BEGINNING = new Date('2000-01-01T00:00:00.000Z');
const NAMED = /^([a-z][a-z0-9]*(?:-[a-z0-9]+)*)@((?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){2})$/;

/** @throws {Failure} for words that name no version, no image, no time. */
export function questionOf(which: string, { digest, since, until }: RecallOptions, now: Date): Question {
  const [, algorithm, version] = NAMED.exec(which) ?? [];
  if (algorithm === undefined || version === undefined)
    throw new Failure(`"${which}" names no version: write NAME@VERSION, like liver-segmentation@1.2.0.`);
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new Failure(`--digest is "${digest}": give sha256: and 64 hexadecimal digits, as \`mip list --json\` and job records show them.`);
  const [from, to] = [timeOf('--since', since, BEGINNING), timeOf('--until', until, now)];
  if (from >= to) throw new Failure('--since is not before --until: no job lies between them.');
  return { algorithm, version, digest, since: from, until: to };
}

const LONGEST_REASON = 1000;

/** What clients are told; undefined where they are not. @throws {Failure} for one without the other. */
export function reasonOf({ notify = false, reason }: RecallOptions): string | undefined {
  if (notify !== (reason !== undefined))
    throw new Failure('to tell the clients, say --notify and --reason "…": why the version is recalled.');
  if (reason !== undefined && (reason.trim() === '' || reason.length > LONGEST_REASON))
    throw new Failure(`--reason has to be of 1 to ${LONGEST_REASON} characters; clients read it, so name no patient in it.`);
  return reason;
}

const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z)?$/;

function timeOf(option: string, text: string | undefined, otherwise: Date): Date {
  if (text === undefined) return otherwise;
  const time = new Date(text);
  // A day that a month does not have rolls over into the next.
  const exists = TIME.test(text) && !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 10));
  if (!exists) throw new Failure(`${option} is "${text}": give a day or a time in UTC, like 2026-01-31 or 2026-01-31T10:00:00Z.`);
  return time;
}

/** The form for machines; docs/recall.md describes it. The last line says that all lines before it came. */
export function* jsonLines(question: Question, found: readonly RegionRecall[]): Generator<string> {
  for (const { region, clients } of found)
    for (const { made, unfinished } of clients) {
      for (const { job } of made) yield printableJson({ type: 'made', region, ...job });
      for (const { job } of unfinished) yield printableJson({ type: 'unfinished', region, ...job });
    }
  const { algorithm, version, digest, since, until } = question;
  yield printableJson({
    ...{
      type: 'end',
      schema: 'recall/1',
      algorithm,
      version,
      digest: digest ?? null,
      since: since.toISOString(),
      until: until.toISOString(),
    },
    regions: found.map(({ region, bucket, clients, left_out }) => ({
      region,
      bucket,
      ...countsOf(clients),
      left_out,
      clients: clients.map(clientCounts),
    })),
  });
}

function clientCounts({ client_id, studies, made, unfinished }: ClientRecall) {
  return { client_id, made: made.length, unfinished: unfinished.length, studies };
}

function countsOf(clients: readonly ClientRecall[]) {
  const sum = (count: (one: ClientRecall) => number) => clients.reduce((total, one) => total + count(one), 0);
  return { made: sum(({ made }) => made.length), unfinished: sum(({ unfinished }) => unfinished.length) };
}

export function* tableLines(question: Question, found: readonly RegionRecall[]): Generator<string> {
  for (const { region, bucket, clients, left_out } of found) {
    for (const client of clients) yield* clientLines(client, region);
    const { made, unfinished } = countsOf(clients);
    const { algorithm, version, digest } = question;
    const which = `${algorithm}@${version}${digest === undefined ? '' : ` (${digest})`}`;
    yield `${which} in ${region}: ${jobs(made)} of ${plural(clients.length, 'client')} with a result, ${unfinished} not finished.`;
    yield `Left out: ${left_out.conformance} for conformance, ${left_out.shadow} in the shadow. Results are in the bucket ${bucket}.`;
  }
}

/** So many jobs make one table: its columns are as wide as their widest cell. */
const JOBS_IN_A_TABLE = 500;

function* clientLines({ client_id, studies, made, unfinished }: ClientRecall, region: string): Generator<string> {
  yield printable(
    `${client_id} in ${region}: ${jobs(made.length)} with a result, ${unfinished.length} not finished, ${plural(studies, 'study', 'studies')}`,
  );
  yield* tables(made);
  if (unfinished.length > 0) yield 'Not finished, and may still become a result:';
  yield* tables(unfinished);
  yield '';
}

const HEAD = ['job', 'ended', 'outcome', 'study', 'series', 'instance', 'delivered', 'result', 'sha256', 'key'];

function* tables(kept: readonly Kept[]): Generator<string> {
  for (let at = 0; at < kept.length; at += JOBS_IN_A_TABLE)
    yield table(
      HEAD,
      kept.slice(at, at + JOBS_IN_A_TABLE).flatMap(({ job }) => rowsOf(job)),
    );
}

/** A row for each result; what is the job's own stands in the first. */
function rowsOf(job: RecalledJob): readonly (readonly string[])[] {
  const { delivered, results } = job;
  const where = delivered
    ? `${delivered.pacs}: ${delivered.stored} stored${delivered.failed > 0 ? `, ${delivered.failed} refused` : ''}`
    : '–';
  const ended = job.ended_at ?? job.state;
  const own = [job.job_id, ended, job.outcome ?? job.state, job.study_uid, job.series_uid ?? 'all', job.instance_uid ?? 'all', where];
  const [first = ['–', '', ''], ...rest] = results.map(({ name, sha256, key }) => [name, sha256, key]);
  return [[...own, ...first], ...rest.map((cells) => [...own.map(() => ''), ...cells])];
}

const jobs = (count: number): string => plural(count, 'job');
const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
