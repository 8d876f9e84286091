import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '@mip/api/client';
import type { Algorithm } from '@mip/catalog';
import type { ImageStore } from '@mip/image-store';
import { execa } from 'execa';

/** One image that went through, held against a reference that does not import the algorithm. */
export interface FirstImage {
  readonly algorithm: string;
  readonly image: string;
  readonly equal: boolean;
  readonly milliseconds: number;
  readonly result: string;
  readonly problem: string;
}

export interface FirstImagesOptions {
  readonly root: string;
  readonly home: string;
  readonly api: { readonly url: string; readonly key: string };
  readonly store: ImageStore;
  readonly algorithms: readonly Algorithm[];
}

/** A machine with much to do may not wake a line within the router's patience; the sweeper, which runs every two minutes, does. */
const TIMEOUT_MS = 180_000;

type Case = NonNullable<Algorithm['conformance']>[number];

/** Sends the first conformance case with an oracle of every active algorithm through API, queue and worker, and checks the result. */
export async function firstImages(options: FirstImagesOptions): Promise<readonly FirstImage[]> {
  const cases = options.algorithms.flatMap((algorithm) => {
    const first = (algorithm.conformance ?? []).find(({ expect }) => expect.oracle !== undefined);
    return algorithm.status === 'active' && first ? [{ algorithm, first }] : [];
  });
  return Promise.all(cases.map(({ algorithm, first }) => firstImage(options, algorithm, first)));
}

async function firstImage(options: FirstImagesOptions, algorithm: Algorithm, first: Case): Promise<FirstImage> {
  const source = await locate(options.root, first.image);
  const { study, series, instance } = await options.store.put(await readFile(source));
  const client = new ApiClient(options.api);
  const start = performance.now();
  const { job_id } = await client.submit(algorithm.name, {
    job_id: `first-${algorithm.name}-${randomUUID()}`,
    pacs: { study_uid: study, series_uid: series, instance_uid: instance },
    parameters: first.parameters ?? {},
  });
  const job = await client.wait(job_id, TIMEOUT_MS);
  const seen = { algorithm: algorithm.name, image: first.name, milliseconds: performance.now() - start };
  if (job.state !== 'succeeded')
    return { ...seen, equal: false, result: '', problem: `the job ${job.state}: ${job.error?.message ?? 'no reason given'}` };
  const folder = join(options.home, 'results', algorithm.name);
  const files = await Promise.all(job.results.map((result) => client.download(job_id, result, folder)));
  const result = files.find((file) => file.endsWith('.dcm')) ?? '';
  return { ...seen, result, ...(await check(options.root, first, source, result)) };
}

async function locate(root: string, image: Case['image']): Promise<string> {
  if ('path' in image) return join(root, image.path as string);
  const { stdout } = await execa(python(root), ['tests/oracles/image.py', image.package as string, image.file as string], { cwd: root });
  return stdout.trim();
}

async function check(root: string, { expect, parameters = {} }: Case, source: string, result: string) {
  const args = ['tests/oracles/check.py', expect.oracle ?? '', source, result, '--parameters', JSON.stringify(parameters)];
  const { exitCode, stdout, stderr } = await execa(python(root), args, { cwd: root, reject: false });
  return { equal: exitCode === 0, problem: exitCode === 0 ? '' : `differs from the reference: ${stdout || stderr}` };
}

function python(root: string): string {
  return join(root, '.venv', 'bin', 'python');
}
