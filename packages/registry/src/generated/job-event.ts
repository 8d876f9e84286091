// Generated from schemas/job-event.schema.json by tools/generate-types.ts: change the schema, then run that.

/**
 * What happened to a job: the message on the results queue, the body of a callback and the frame of a WebSocket. It names no image, no patient and no parameter.
 */
export interface JobEvent {
  /**
   * The version of this event's shape.
   */
  schema: 'job-event/1';
  /**
   * The same for every repeat of the event: evt_ and the first 32 hexadecimal digits of SHA-256 over the RFC 8785 JSON of ["mip-event-v1", job_key, type, delivery], for job.progress with its per cent behind them, as a whole number.
   */
  event_id: string;
  /**
   * What happened; job.recalled: an operator recalled the version that made the results.
   */
  type:
    | 'job.accepted'
    | 'job.queued'
    | 'job.running'
    | 'job.progress'
    | 'job.succeeded'
    | 'job.failed'
    | 'job.cancelled'
    | 'job.dead'
    | 'job.recalled';
  /**
   * The client the job belongs to.
   */
  client_id: string;
  /**
   * The client's id of the job.
   */
  job_id: string;
  /**
   * The job's key: the first 32 hexadecimal digits of SHA-256 over the RFC 8785 JSON of ["mip-job-v1", client_id, job_id].
   */
  job_key: string;
  /**
   * The algorithm's name.
   */
  algorithm: string;
  /**
   * The version the request was validated for.
   */
  version: string;
  /**
   * When it happened, ISO 8601 in UTC with milliseconds.
   */
  at: string;
  /**
   * How often the job was put on a queue, from 1; part of the deduplication id.
   */
  delivery?: number;
  /**
   * How much of the job is done, from 0 to 1 in hundredths; of job.progress only. Within an attempt each event says more than those before it; the next attempt begins anew.
   */
  progress?: number;
  /**
   * What a job that succeeded has to say.
   */
  outcome?: 'found' | 'nothing-found' | 'not-applicable' | 'done';
  /**
   * Why the job failed.
   */
  error?: {
    /**
     * The kind of failure.
     */
    code:
      | 'invalid-input'
      | 'image-not-found'
      | 'image-unreadable'
      | 'image-gone'
      | 'delivery-refused'
      | 'result-too-large'
      | 'version-withdrawn'
      | 'internal'
      | 'timeout'
      | 'out-of-memory'
      | 'worker-lost';
    /**
     * What went wrong, in words a user can read, without patient data.
     */
    message: string;
  };
  /**
   * Why a version was recalled, as the operator said it.
   */
  reason?: string;
  /**
   * The trace that the request began: 32 hexadecimal digits, as in W3C Trace Context.
   */
  trace_id?: string;
}
