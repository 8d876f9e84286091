/** An app over memory with two clients and one algorithm. Every answer of it has to be one that the OpenAPI document has. */
import type { FastifyInstance } from 'fastify';
import { afterEach, expect } from 'vitest';
import { createApp } from '../app.ts';
import { holdToContract } from './contract.ts';
import { ADMIN_KEY, ENTRY, KEY, MOST_BYTES, OTHER_KEY } from './fixtures.ts';
import { Memory } from './memory.ts';

export * from './fixtures.ts';

const undocumented: string[] = [];
afterEach(() => {
  expect(undocumented.splice(0), 'answers that the document does not have').toEqual([]);
});

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
  memory.admins = [ADMIN_KEY];
  const lines: string[] = [];
  const app = createApp(memory, { maxRequestBytes, log: { write: (line) => lines.push(line) } });
  holdToContract(app, (fault) => undocumented.push(fault));
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
