import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import createFetch, { type Client } from 'openapi-fetch';
import type { components, paths } from './generated/openapi.ts';

type Schemas = components['schemas'];
/** A job as the API's document has it. */
export type Job = Schemas['Job'];
export type Algorithm = Schemas['Algorithm'];

/** The API's answer to a request that it did not accept: RFC 9457 problem details, as a sentence per fault. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;

  constructor(status: number, body: { title?: string; detail?: string; errors?: readonly { pointer?: string; detail?: string }[] }) {
    const faults = (body.errors ?? []).map((fault) => `\n  ${fault.pointer || '/'}: ${fault.detail}`);
    super(`${body.detail ?? body.title ?? `the API answered ${status}`}${faults.join('')}`);
    this.status = status;
  }
}

/** Every path of the API, typed by its document: a name or a type that the document does not have does not compile. */
export function apiCalls(url: string, headers: Readonly<Record<string, string>> = {}): Client<paths> {
  return createFetch<paths>({ baseUrl: url.replace(/\/$/, ''), headers });
}

const FIRST_POLL_MS = 50;
const SLOWEST_POLL_MS = 1000;

/** A client of MIP's REST API, as a viewer would write one: submit, wait, download. */
export class ApiClient {
  readonly #calls: Client<paths>;

  constructor(options: { url: string; key: string }) {
    this.#calls = apiCalls(options.url, { 'x-api-key': options.key });
  }

  /** Posts one request. The same `job_id` with the same body is the same job. @throws {ApiProblem} */
  async submit(algorithm: string, request: Schemas['JobRequest']): Promise<Job> {
    return dataOf(await this.#calls.POST('/process/{name}', { params: { path: { name: algorithm } }, body: request }));
  }

  /** The job as it is now. @throws {ApiProblem} */
  async job(jobId: string): Promise<Job> {
    return dataOf(await this.#calls.GET('/jobs/{job_id}', { params: { path: { job_id: jobId } } }));
  }

  /** Polls until the job has ended, at most `timeoutMs`; `seen` is told what each poll finds. @throws {Error} when it has not ended by then. */
  async wait(jobId: string, timeoutMs: number, seen: (job: Job) => void = () => undefined): Promise<Job> {
    const deadline = Date.now() + timeoutMs;
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 1.5, SLOWEST_POLL_MS)) {
      const job = await this.job(jobId);
      seen(job);
      if (!['accepted', 'queued', 'running'].includes(job.state)) return job;
      if (Date.now() > deadline) throw new Error(`job ${jobId} is still ${job.state} after ${Math.round(timeoutMs / 1000)} s`);
      await sleep(pause);
    }
  }

  /** Streams one result of a job into `folder` and returns the file's path; a file that broke off is removed. @throws {ApiProblem} */
  async download(jobId: string, { name }: Pick<Job['results'][number], 'name'>, folder: string): Promise<string> {
    await mkdir(folder, { recursive: true });
    const params = { path: { job_id: jobId, file: name }, query: { redirect: 'false' as const } };
    const { href } = dataOf(await this.#calls.GET('/jobs/{job_id}/results/{file}', { params }));
    const answer = await fetch(href);
    if (!answer.ok || !answer.body) throw new ApiProblem(answer.status, { detail: `the result ${name} could not be fetched` });
    const target = join(folder, name);
    const partial = `${target}.${randomUUID()}.part`;
    try {
      await pipeline(Readable.fromWeb(answer.body), createWriteStream(partial));
      await rename(partial, target);
    } finally {
      await rm(partial, { force: true });
    }
    return target;
  }
}

/** The body of a success. @throws {ApiProblem} for any other answer. */
function dataOf<Data>({ data, error, response }: { data?: Data; error?: unknown; response: Response }): Data {
  if (response.ok && data !== undefined) return data;
  throw new ApiProblem(response.status, typeof error === 'object' && error !== null ? error : {});
}
