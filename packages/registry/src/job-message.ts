/** The message that lets a worker run a job. Pure. */
import type { JobMessage } from './generated/job-message.ts';
import type { JobRecord } from './generated/job-record.ts';

/** From the record, so that a repeat sends what the first time would have sent. */
export function messageOf(record: JobRecord): JobMessage {
  const { job_key, client_id, job_id, algorithm, version, delivery, purpose, images, pacs, parameters, trace_id, accepted_at } = record;
  const overrides = record.admission?.overrides;
  const about = {
    job_key,
    client_id,
    job_id,
    algorithm,
    version,
    delivery,
    purpose,
    ...(images && { images }),
    ...(overrides && { overrides }),
  };
  return { schema: 'job-message/1', ...about, pacs, parameters, ...(trace_id !== undefined && { trace_id }), accepted_at };
}
