/** An app over memory with one client and one algorithm, and the request that it takes. */
import type { RegistryEntry } from '@mip/registry';
import type { FastifyInstance } from 'fastify';
import { createApp } from '../app.ts';
import { Memory } from './memory.ts';

export const KEY = `mip_${'a'.repeat(43)}`;
export const OTHER_KEY = `mip_${'b'.repeat(43)}`;
export const MOST_BYTES = 10_000;
export const QUEUE = 'https://sqs.example/000000000000/mip-window-level-requests.fifo';

const contract = {
  name: 'window-level',
  version: '1.2.0',
  description: 'Maps to 8 bits.',
  algorithm_type: 'openmp',
  parameters: {
    center: { type: 'float', minimum: -1000, maximum: 1000 },
    width: { type: 'float', minimum: 1 },
    function: { type: 'enum', values: ['LINEAR', 'SIGMOID'], default: 'LINEAR' },
    note: { type: 'string' },
  },
  input: { scope: ['instance'], units: 'modality' },
  output: { kind: 'image' },
  license: 'Apache-2.0',
  regulatory: { status: 'research' },
} as const;

export const ENTRY: RegistryEntry = {
  ...contract,
  algorithm_name: 'window-level',
  managed_by: 'mip',
  spec_hash: 'x',
  status: 'active',
  image_uri: `000000000000.dkr.ecr.eu-central-1.amazonaws.com/mip-window-level@sha256:${'0'.repeat(64)}`,
  cpu: 256,
  memory: 512,
  timeout: 300,
  scaling: { min: 0, max: 4 },
  architecture: 'amd64',
  entry: contract,
  queue_url: QUEUE,
  service: 'mip-window-level',
  commit_sha: '0'.repeat(40),
  created_at: '2024-01-01T00:00:00.000Z',
  updated_at: '2024-01-01T00:00:00.000Z',
};

export const PACS = { study_uid: '1.2.3', series_uid: '1.2.3.4', instance_uid: '1.2.3.4.5' };
export const REQUEST = { job_id: 'job-1', pacs: PACS, parameters: { center: 40, width: 400 } };
export const JOB = { client_id: 'clinic-a', job_id: 'job-1' };

export interface Setup {
  readonly app: FastifyInstance;
  readonly memory: Memory;
  /** The lines of the log so far. */
  readonly lines: string[];
}

/** Two clients, clinic-a with `KEY` and clinic-b with `OTHER_KEY`, and the active algorithm window-level 1.2.0. */
export function setUp({ maxRequestBytes = MOST_BYTES, defaultPacs = 'built-in' } = {}): Setup {
  const memory = new Memory(defaultPacs);
  memory.addClient(KEY, 'clinic-a');
  memory.addClient(OTHER_KEY, 'clinic-b');
  memory.rows.set('window-level', ENTRY);
  const lines: string[] = [];
  const app = createApp(memory, { maxRequestBytes, log: { write: (line) => lines.push(line) } });
  return { app, memory, lines };
}

/** Posts a body as JSON; a string or a buffer goes as it is. */
export async function post(app: FastifyInstance, body: unknown, more: { url?: string; headers?: Record<string, string> } = {}) {
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const headers = { 'x-api-key': KEY, 'content-type': 'application/json', ...more.headers };
  return app.inject({ method: 'POST', url: more.url ?? '/process/window-level', headers, payload });
}

/** Gets a path as clinic-a, or with another key. */
export async function get(app: FastifyInstance, url: string, key = KEY) {
  return app.inject({ method: 'GET', url, headers: { 'x-api-key': key } });
}
