/** The notifier as a Lambda of two queues: events of jobs, and callbacks that are to be made. */
import { checkJobEvent } from '@mip/catalog/job-event';
import type { JobEvent } from '@mip/registry';
import { errorSummary } from '@mip/registry/failures';
import type { FastifyBaseLogger } from 'fastify';
import { type CallbackPorts, callBack } from './callbacks/callback.ts';
import { type NotifierPorts, notify } from './notifier.ts';

/** The part of an SQS event that is looked at here. */
export interface SqsEvent {
  readonly Records: readonly SqsRecord[];
}

export interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly eventSourceARN: string;
  readonly attributes: { readonly ApproximateReceiveCount: string; readonly MessageGroupId?: string };
}

export interface BatchResponse {
  /** What was not done, and stays on its queue. */
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}

export interface NotifierParts {
  readonly notifier: NotifierPorts;
  readonly callbacks: CallbackPorts;
  /** Shows a message again after so many seconds, where nothing else says when. */
  hide(record: SqsRecord, seconds: number): Promise<void>;
  readonly isCallback: (arn: string) => boolean;
  readonly log: FastifyBaseLogger;
}

/** Seconds until an event that could not be told is told again: a client waits for it. */
const EVENT_AGAIN = [2, 5, 15, 30, 60];

export function createNotifier(parts: NotifierParts): (event: SqsEvent) => Promise<BatchResponse> {
  return async ({ Records }) => {
    // Those of one group in order, groups side by side; callbacks are of no group.
    const groups = Map.groupBy(Records, ({ attributes, messageId }) => attributes.MessageGroupId ?? messageId);
    const failed = await Promise.all([...groups.values()].map((records) => inOrder(parts, records)));
    return { batchItemFailures: failed.flat().map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

/** @returns the one that could not be done, and all behind it: SQS would hand them out before it. */
async function inOrder(parts: NotifierParts, records: readonly SqsRecord[]): Promise<readonly SqsRecord[]> {
  for (const [index, record] of records.entries()) if (!(await isDone(parts, record))) return records.slice(index);
  return [];
}

async function isDone(parts: NotifierParts, record: SqsRecord): Promise<boolean> {
  const event = eventIn(record.body);
  const receives = Number(record.attributes.ApproximateReceiveCount);
  if (!event) {
    parts.log.error({ receives }, 'a message that is no event'); // left to the dead letters
    return false;
  }
  const log = parts.log.child({ job_key: event.job_key, event: event.type, event_id: event.event_id, trace_id: event.trace_id });
  try {
    const again = parts.isCallback(record.eventSourceARN)
      ? await called(parts, log, event, receives)
      : await told(parts, log, event, receives);
    if (again === undefined) return true;
    await parts.hide(record, again);
  } catch (error) {
    log.warn({ error: errorSummary(error), receives }, 'not told: it is tried again');
    await parts.hide(record, EVENT_AGAIN[receives - 1] ?? 60).catch(() => undefined);
  }
  return false;
}

async function told({ notifier }: NotifierParts, log: FastifyBaseLogger, event: JobEvent, receives: number): Promise<undefined> {
  const became = await notify(notifier, event, receives);
  log[became === 'not so' ? 'warn' : 'info']({ became }, 'event');
}

/** @returns the seconds after which it is to be tried again; undefined where it is not. */
async function called({ callbacks }: NotifierParts, log: FastifyBaseLogger, event: JobEvent, tries: number): Promise<number | undefined> {
  const outcome = await callBack(callbacks, event, tries);
  log.info({ callback: outcome.is, tries }, 'callback');
  // After the last try it is shown once more, and SQS puts it into the dead letters instead.
  return outcome.is === 'failed' ? (outcome.again ?? 0) : undefined;
}

function eventIn(body: string): JobEvent | undefined {
  try {
    const { ok, value } = checkJobEvent<JobEvent>(JSON.parse(body));
    return ok ? value : undefined;
  } catch {
    return undefined;
  }
}
