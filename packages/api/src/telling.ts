/** The router's part in telling a client of its job. It is a courtesy: a queue that is down never fails a request. */
import { type EventSource, type JobEventType, jobEvent } from '@mip/registry';
import { errorSummary } from '@mip/registry/failures';
import type { FastifyRequest } from 'fastify';
import type { Ports } from './ports.ts';

/** Sends the event of a job. What cannot be sent is in the log; an end is sent again by the sweeper, and any state can be polled. */
export async function tell(
  { events, now }: Pick<Ports, 'events' | 'now'>,
  request: FastifyRequest,
  record: EventSource,
  type: JobEventType,
) {
  await events.send(jobEvent(record, type, now())).catch((error: unknown) => {
    request.log.warn({ error: errorSummary(error), event: type }, 'an event could not be sent');
  });
}
