import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobRequest } from '@mip/registry';
import type { JobView } from './job-view.ts';

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

const FIRST_POLL_MS = 50;
const SLOWEST_POLL_MS = 1000;

/** A client of MIP's REST API, as a viewer would write one: submit, wait, download. */
export class ApiClient {
  readonly #url: string;
  readonly #key: string;

  constructor(options: { url: string; key: string }) {
    this.#url = options.url.replace(/\/$/, '');
    this.#key = options.key;
  }

  /** Posts one request. The same `job_id` with the same body is the same job. @throws {ApiProblem} */
  async submit(algorithm: string, request: JobRequest): Promise<JobView> {
    return this.#json(`/process/${encodeURIComponent(algorithm)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
  }

  /** The job as it is now. @throws {ApiProblem} */
  async job(jobId: string): Promise<JobView> {
    return this.#json(`/jobs/${encodeURIComponent(jobId)}`, {});
  }

  /** Polls until the job has ended, at most `timeoutMs`. @throws {Error} when it has not ended by then. */
  async wait(jobId: string, timeoutMs: number): Promise<JobView> {
    const deadline = Date.now() + timeoutMs;
    for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 1.5, SLOWEST_POLL_MS)) {
      const job = await this.job(jobId);
      if (!['accepted', 'queued', 'running'].includes(job.state)) return job;
      if (Date.now() > deadline) throw new Error(`job ${jobId} is still ${job.state} after ${Math.round(timeoutMs / 1000)} s`);
      await sleep(pause);
    }
  }

  /** Streams one result into `folder` and returns the file's path; a file that broke off is removed. @throws {ApiProblem} */
  async download(result: JobView['results'][number], folder: string): Promise<string> {
    await mkdir(folder, { recursive: true });
    const { href } = await this.#json<{ href: string }>(`${result.href}?redirect=false`, {});
    const answer = await fetch(href);
    if (!answer.ok || !answer.body) throw new ApiProblem(answer.status, { detail: `the result ${result.name} could not be fetched` });
    const target = join(folder, result.name);
    const partial = `${target}.${randomUUID()}.part`;
    try {
      await pipeline(Readable.fromWeb(answer.body), createWriteStream(partial));
      await rename(partial, target);
    } finally {
      await rm(partial, { force: true });
    }
    return target;
  }

  async #json<T>(path: string, init: RequestInit): Promise<T> {
    const answer = await fetch(this.#url + path, { ...init, headers: { ...init.headers, 'x-api-key': this.#key } });
    const body = (await answer.json().catch(() => ({}))) as T;
    if (!answer.ok) throw new ApiProblem(answer.status, body as object);
    return body;
  }
}
