/** A worker in a container, and the job that it is given. */
import { join } from 'node:path';
import type { Algorithm } from '@mip/catalog';
import { contractOf } from '@mip/registry/contract';
import { execa } from 'execa';
import type { TestEmulator } from '../emulator.ts';
import type { Podman } from './podman.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PYTHON = join(ROOT, '.venv', 'bin', 'python');

export interface WorkerOptions {
  readonly podman: Podman;
  readonly emulator: TestEmulator;
  readonly image: string;
  /** Its first case is the job. */
  readonly algorithm: Algorithm;
}

/** The image's own entry point, as ECS runs it, on the emulator. */
export class TestWorker {
  readonly #options: WorkerOptions;
  readonly #name = `mip-worker-${process.pid}`;

  private constructor(options: WorkerOptions) {
    this.#options = options;
  }

  static async start(options: WorkerOptions): Promise<TestWorker> {
    const worker = new TestWorker(options);
    const { podman, emulator, image, algorithm } = options;
    await fetch(`${emulator.connection.endpoint}/_ministack/reset`, { method: 'POST' });
    const { queue_url } = await worker.job('submit');
    const variables = {
      ...VARIABLES,
      MIP_ALGORITHM: algorithm.name,
      MIP_VERSION: algorithm.version,
      MIP_ENTRY: JSON.stringify(contractOf(algorithm)),
      MIP_QUEUE_URL: String(queue_url),
      AWS_ENDPOINT_URL: emulator.connection.endpoint,
    };
    const env = Object.entries(variables).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const limits = ['--network', 'host', '--read-only', '--read-only-tmpfs=false', '--user', '65532', '--cap-drop', 'ALL'];
    await podman.run('run', '--detach', '--name', worker.#name, ...limits, ...env, image);
    return worker;
  }

  async job(verb: 'submit' | 'await'): Promise<Readonly<Record<string, unknown>>> {
    const path = ['algorithms/sdk', 'algorithms/sdk/tests', 'tests/oracles'].map((folder) => join(ROOT, folder)).join(':');
    const env = { PYTHONPATH: path, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
    const { emulator, algorithm } = this.#options;
    const [one] = algorithm.conformance ?? [];
    const oracle = join(ROOT, one?.expect.oracle ?? '');
    const about = [algorithm.name, one?.image.file ?? '', JSON.stringify(one?.parameters ?? {}), oracle];
    const args = [join(import.meta.dirname, 'job.py'), emulator.connection.endpoint, verb, ...about];
    return JSON.parse((await execa(PYTHON, args, { env })).stdout);
  }

  /** @returns its exit code */
  async stop(): Promise<string> {
    const { podman } = this.#options;
    await podman.run('stop', '--time', '60', this.#name);
    const code = await podman.run('inspect', '--format', '{{.State.ExitCode}}', this.#name);
    await podman.run('rm', this.#name);
    return code;
  }
}

const VARIABLES = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  MIP_IMAGE_DIGEST: `sha256:${'ab'.repeat(32)}`,
  MIP_JOBS_TABLE: 'jobs',
  MIP_IMAGES_BUCKET: 'images',
  MIP_RESULTS_BUCKET: 'results',
  MIP_PLATFORM: 'local',
  MIP_IMAGES_KEY: 'T9c0vQm2rXn5sLk8wZb1yHd4uJf7aGe3',
};
