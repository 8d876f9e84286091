/** A steady load of jobs on one algorithm, and what became of every one of them. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiClient } from '@mip/api/client';
import type { Cloud } from '../cloud.ts';

/** A job that has ended: the version that ran, and the SHA-256 of the samples of its image. */
export interface Ended {
  readonly id: string;
  readonly state: string;
  readonly version: string;
  readonly samples: string;
}

export interface LoadOptions {
  readonly cloud: Cloud;
  /** `name`, or `name@version`. */
  readonly target: string;
  readonly pacs: ReturnType<Cloud['importImage']>;
  readonly parameters?: Record<string, number>;
  readonly perSecond: number;
  /** Bytes of an image's samples. */
  readonly bytes: number;
}

const PATIENCE_MS = 180_000;

export class Load {
  readonly #options: LoadOptions;
  readonly #client: ApiClient;
  readonly #folder = mkdtempSync(join(tmpdir(), 'mip-load-'));
  readonly #jobs: Promise<Ended>[] = [];
  readonly #stopping = new AbortController();
  readonly #sent: Promise<void>;

  constructor(options: LoadOptions) {
    this.#options = options;
    const { MIP_API_URL: url = '', MIP_API_KEY: key = '' } = options.cloud.environment;
    this.#client = new ApiClient({ url, key });
    this.#sent = this.#send();
  }

  get sent(): number {
    return this.#jobs.length;
  }

  /** Asks for no other job and waits for all of them. @throws {Error} when one was not accepted or has not ended. */
  async end(): Promise<readonly Ended[]> {
    this.#stopping.abort();
    await this.#sent;
    try {
      return await Promise.all(this.#jobs);
    } finally {
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  async #send(): Promise<void> {
    const { signal } = this.#stopping;
    const start = Date.now();
    for (let number = 0; !signal.aborted; number += 1) {
      const job = this.#job(`load-${start}-${number}`);
      job.catch(() => undefined); // `end` hears of it
      this.#jobs.push(job);
      const next = start + ((number + 1) * 1000) / this.#options.perSecond;
      await sleep(Math.max(0, next - Date.now()), undefined, { signal }).catch(() => undefined);
    }
  }

  async #job(id: string): Promise<Ended> {
    const { target, pacs, parameters = {}, bytes } = this.#options;
    await this.#client.submit(target, { job_id: id, pacs, parameters });
    await this.#sent; // polling waits until all are sent: the load is the jobs
    const { state, ran_version: version = '', results } = await this.#client.wait(id, PATIENCE_MS);
    const image = results.find(({ name }) => name.endsWith('.dcm'));
    const file = image && (await this.#client.download(id, image, join(this.#folder, id)));
    return { id, state, version, samples: file ? samplesOf(file, bytes) : '' };
  }
}

/** The samples are the last element of a result, in Explicit VR Little Endian. */
export function samplesOf(file: string, bytes: number): string {
  return createHash('sha256').update(readFileSync(file).subarray(-bytes)).digest('hex');
}

/** How often each of some words occurs. */
export function tally(words: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));
}
