/** The ports in memory: tables with the same conditions as DynamoDB's, a queue that swallows repeats as SQS does. */
import {
  type Client,
  deduplicationId,
  hashClientKey,
  type JobIdentity,
  type JobMessage,
  type JobRecord,
  type RegistryEntry,
  stateAfter,
} from '@mip/registry';
import type { Ports } from '../ports.ts';

/** What a test can look at and reach into, beside the ports themselves. */
export interface Memory extends Ports {
  readonly rows: Map<string, RegistryEntry>;
  readonly records: Map<string, JobRecord>;
  /** What arrived on each queue, by its URL. */
  readonly queues: Map<string, JobMessage[]>;
  /** Every call of a port, as `jobs.accept`, in order. */
  readonly calls: string[];
  /** Makes calls fail with the error that is returned for them, before they have any effect. */
  fail: (call: string) => Error | undefined;
  /** Where `now` stands. */
  time: Date;
  addClient(key: string, clientId: string): void;
  removeClient(key: string): void;
  record(identity: JobIdentity): JobRecord | undefined;
  /** Changes a record as a worker would. */
  change(identity: JobIdentity, attributes: Partial<JobRecord>): void;
}

export function createMemory(): Memory {
  const clients = new Map<string, Client>();
  const sent = new Set<string>();
  const copy = <T>(value: T): T => structuredClone(value);
  const id = ({ client_id, job_id }: JobIdentity) => `${client_id}\0${job_id}`;
  const called = async (name: string) => {
    memory.calls.push(name);
    const error = memory.fail(name);
    if (error) throw error;
  };
  const memory: Memory = {
    rows: new Map(),
    records: new Map(),
    queues: new Map(),
    calls: [],
    fail: () => undefined,
    time: new Date('2024-01-31T10:00:00.000Z'),
    now: () => memory.time,
    addClient(key, client_id) {
      clients.set(hashClientKey(key), { client_id, created_at: memory.time.toISOString() });
    },
    removeClient(key) {
      clients.delete(hashClientKey(key));
    },
    record: (identity) => memory.records.get(id(identity)),
    change(identity, attributes) {
      const record = memory.record(identity);
      if (record) memory.records.set(id(identity), { ...record, ...attributes });
    },
    clients: {
      async find(key) {
        await called('clients.find');
        return clients.get(hashClientKey(key));
      },
    },
    registry: {
      async get(name) {
        await called('registry.get');
        return copy(memory.rows.get(name));
      },
    },
    jobs: {
      async accept(record) {
        await called('jobs.accept');
        const existing = memory.record(record);
        if (existing) return { created: false, record: copy(existing) };
        memory.records.set(id(record), copy(record));
        return { created: true, record };
      },
      async markQueued(identity, now) {
        await called('jobs.markQueued');
        const record = memory.record(identity);
        if (!record) throw new Error('no such job');
        const at = now.toISOString();
        if (stateAfter(record.state, 'sent'))
          memory.change(identity, { state: 'queued', open_state: 'queued', queued_at: at, updated_at: at });
        return copy(memory.record(identity) ?? record);
      },
      async get(identity) {
        await called('jobs.get');
        return copy(memory.record(identity));
      },
    },
    requests: {
      async send(queueUrl, message) {
        await called('requests.send');
        const repeat = `${queueUrl} ${deduplicationId(message, message.delivery)}`;
        if (sent.has(repeat)) return;
        sent.add(repeat);
        memory.queues.set(queueUrl, [...(memory.queues.get(queueUrl) ?? []), copy(message)]);
      },
    },
    results: {
      async link(file, seconds) {
        await called('results.link');
        return `https://results.example/${file.key}?expires=${seconds}`;
      },
    },
  };
  return memory;
}
