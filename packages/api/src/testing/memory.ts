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
import type { Images } from '../look/images.ts';
import type { Look } from '../look/look.ts';
import type { Ports } from '../ports.ts';

/** The ports, and what a test can look at and reach into. What goes in and out is copied, as over a wire. */
export class Memory implements Ports {
  readonly rows = new Map<string, RegistryEntry>();
  /** What arrived on each queue, by its URL. */
  readonly queues = new Map<string, JobMessage[]>();
  /** Every call of a port, as `jobs.accept`, in order. */
  readonly calls: string[] = [];
  /** Makes calls fail with the error that is returned for them, before they have any effect. */
  fail: (call: string) => Error | undefined = () => undefined;
  /** Where `now` stands. */
  time = new Date('2024-01-31T10:00:00.000Z');
  readonly #records = new Map<string, JobRecord>();
  readonly #clients = new Map<string, Client>();
  readonly #sent = new Set<string>();

  readonly #defaultPacs: string;

  constructor(defaultPacs = 'built-in') {
    this.#defaultPacs = defaultPacs;
  }

  readonly now = () => this.time;

  readonly clients: Ports['clients'] = {
    find: async (key) => {
      this.#called('clients.find');
      return this.#clients.get(hashClientKey(key));
    },
  };

  readonly registry: Ports['registry'] = {
    get: async (name) => {
      this.#called('registry.get');
      return structuredClone(this.rows.get(name));
    },
  };

  readonly jobs: Ports['jobs'] = {
    accept: async (record) => {
      this.#called('jobs.accept');
      const existing = this.record(record);
      if (existing) return { created: false, record: existing };
      this.#records.set(keyOf(record), structuredClone(record));
      return { created: true, record };
    },
    markQueued: async (identity, now) => {
      this.#called('jobs.markQueued');
      const at = now.toISOString();
      const record = this.record(identity) ?? raise('no such job');
      const state = stateAfter(record.state, 'sent');
      if (state) this.change(identity, { state, open_state: 'queued', queued_at: at, updated_at: at });
      return this.record(identity) ?? record;
    },
    get: async (identity) => {
      this.#called('jobs.get');
      return this.record(identity);
    },
    cancel: async (identity, now) => {
      this.#called('jobs.cancel');
      const { open_state: _, ...record } = this.record(identity) ?? raise('no such job');
      const state = stateAfter(record.state, 'cancelled');
      const at = now.toISOString();
      if (state) this.#records.set(keyOf(identity), { ...record, state, finished_at: at, updated_at: at });
      return this.record(identity) ?? record;
    },
  };

  /** What every PACS says of any image: an instance that no rule refuses, unless a test says otherwise. */
  answer: (...asked: Parameters<Images['look']>) => Look | Promise<Look> = () => ({ kind: 'found', instance: {}, instances: 1 });

  get images(): Ports['images'] {
    return {
      names: ['built-in', 'hospital'],
      defaultName: this.#defaultPacs,
      lookMs: 300,
      look: async (...asked) => {
        this.#called('images.look');
        return this.answer(...asked);
      },
    };
  }

  readonly requests: Ports['requests'] = {
    send: async (queueUrl, message) => {
      this.#called('requests.send');
      const repeat = `${queueUrl} ${deduplicationId(message, message.delivery)}`;
      if (this.#sent.has(repeat)) return;
      this.#sent.add(repeat);
      this.queues.set(queueUrl, [...(this.queues.get(queueUrl) ?? []), structuredClone(message)]);
    },
  };

  readonly results: Ports['results'] = {
    link: async (file, seconds) => {
      this.#called('results.link');
      return `https://results.example/${file.key}?expires=${seconds}`;
    },
  };

  get jobCount(): number {
    return this.#records.size;
  }

  addClient(key: string, client_id: string): void {
    this.#clients.set(hashClientKey(key), { client_id, created_at: this.time.toISOString() });
  }

  removeClient(key: string): void {
    this.#clients.delete(hashClientKey(key));
  }

  record(identity: JobIdentity): JobRecord | undefined {
    return structuredClone(this.#records.get(keyOf(identity)));
  }

  /** Changes a record as a worker would. */
  change(identity: JobIdentity, attributes: Partial<JobRecord>): void {
    const record = this.record(identity);
    if (record) this.#records.set(keyOf(identity), { ...record, ...attributes });
  }

  #called(name: string): void {
    this.calls.push(name);
    const error = this.fail(name);
    if (error) throw error;
  }
}

function raise(words: string): never {
  throw new Error(words);
}

function keyOf({ client_id, job_id }: JobIdentity): string {
  return `${client_id}\0${job_id}`;
}
