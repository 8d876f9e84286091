/** Events of jobs that never were. */
import { createHash } from 'node:crypto';
import type { JobEvent } from '@mip/registry';

/** One event of a client's own; `name` is all that it differs by. */
export function madeEvent(name: string, client_id = 'clinic-a', over: Partial<JobEvent> = {}): JobEvent {
  const digest = createHash('sha256').update(`${client_id} ${name}`).digest('hex').slice(0, 32);
  return {
    schema: 'job-event/1',
    event_id: `evt_${digest}`,
    type: 'job.succeeded',
    client_id,
    job_id: name,
    job_key: digest,
    algorithm: 'window-level',
    version: '1.2.0',
    at: '2024-01-31T10:00:00.000Z',
    ...over,
  };
}
