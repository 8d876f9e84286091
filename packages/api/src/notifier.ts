/**
 * Tells clients what happened to their jobs: every event goes to the connections of its client, and an end or a recall to its callback too.
 *
 * An end is told when it is pushed and its callback is queued; then, and only then, the record loses its mark. Whoever dies before that leaves
 * the message, and where that is lost too the sweeper sends the event of every mark that stays. So an end is told at least once, always
 * under one id.
 */
import { endOf, isEnd, type JobEvent, type JobRecord, type JobTable } from '@mip/registry';

export interface NotifierPorts {
  readonly jobs: Pick<JobTable, 'get' | 'told'>;
  readonly connections: Connections;
  readonly callbacks: {
    /** Puts an event among the callbacks that are to be made; twice is as good as once. */
    queue(event: JobEvent): Promise<void>;
  };
  /** Told of an event that could not be pushed to the connections of its client. */
  readonly onPushFault: (fault: unknown) => void;
}

/** The WebSocket connections of clients. */
export interface Connections {
  /** Sends an event to those of its client that want it; a client that has none, or that has gone, is no fault. */
  push(event: JobEvent): Promise<void>;
}

export type Told = 'told' | 'told before' | 'not so';

/** A callback does not wait for longer than so many tries for connections that cannot be reached. */
const PATIENCE = 3;

/** @param receives how often the message of the event was received, with this time. @throws what is to be tried again. */
export async function notify(ports: NotifierPorts, event: JobEvent, receives: number): Promise<Told> {
  if (isEnd(event.type)) return notifyEnd(ports, event, receives);
  const record = event.type === 'job.recalled' ? await ports.jobs.get(event) : undefined;
  await push(ports, event, record?.callback_url === undefined ? 0 : receives);
  if (record?.callback_url !== undefined) await ports.callbacks.queue(event);
  return 'told';
}

/** What the record does not say is not told: any worker can write to the queue of events. */
async function notifyEnd(ports: NotifierPorts, event: JobEvent, receives: number): Promise<Told> {
  const record = await ports.jobs.get(event);
  if (!record || !isEndOf(event, record)) return 'not so';
  if (record.open_state !== 'untold') return 'told before';
  await push(ports, event, receives);
  if (record.callback_url !== undefined) await ports.callbacks.queue(event);
  await ports.jobs.told(record);
  return 'told';
}

/** Of a job that was sent again meanwhile, the end that it had is none any more. */
export function isEndOf(event: JobEvent, { state, delivery, job_key }: JobRecord): boolean {
  return endOf(state) === event.type && delivery === event.delivery && job_key === event.job_key;
}

async function push({ connections, onPushFault }: NotifierPorts, event: JobEvent, receives: number): Promise<void> {
  await connections.push(event).catch((fault: unknown) => {
    if (receives < PATIENCE) throw fault;
    onPushFault(fault);
  });
}
