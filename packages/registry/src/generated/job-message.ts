// Generated from schemas/job-message.schema.json by tools/generate-types.ts: change the schema, then run that.

/**
 * The body of the message on an algorithm's request queue: all a worker needs to know of a job.
 */
export interface JobMessage {
  /**
   * The version of this message's shape.
   */
  schema: 'job-message/1';
  /**
   * The job's key: the first 32 hexadecimal digits of SHA-256 over the RFC 8785 JSON of ["mip-job-v1", client_id, job_id].
   */
  job_key: string;
  /**
   * The client the job belongs to.
   */
  client_id: string;
  /**
   * The client's id of the job.
   */
  job_id: string;
  /**
   * The algorithm's name.
   */
  algorithm: string;
  /**
   * The version the request was validated for.
   */
  version: string;
  /**
   * How often the job was put on a queue, from 1; part of the deduplication id.
   */
  delivery: number;
  /**
   * What the job is for.
   */
  purpose: 'clinical' | 'conformance' | 'shadow';
  /**
   * Which images to process.
   */
  pacs: {
    /**
     * The Study Instance UID.
     */
    study_uid: string;
    /**
     * The Series Instance UID; the whole study where it is left out.
     */
    series_uid?: string;
    /**
     * The SOP Instance UID; the whole series where it is left out. It needs the series UID.
     */
    instance_uid?: string;
    /**
     * The PACS of the platform file that holds the images; the built-in store where it is left out.
     */
    source?: string;
  };
  /**
   * The effective parameters, defaults applied.
   */
  parameters: {
    /**
     * The value given.
     */
    [k: string]: string | number | boolean;
  };
  /**
   * Of a conformance job, and of no other: the SHA-256 of each of its images, in hexadecimal, by which the platform keeps them.
   *
   * @minItems 1
   * @maxItems 1000
   *
   * Items: SHA-256 of a Part 10 file.
   */
  images?: string[];
  /**
   * Rules that reject, which the worker checks and notes, but does not refuse the images for. Of no conformance job.
   *
   * @minItems 1
   * @maxItems 16
   *
   * Items: One override.
   */
  overrides?: {
    /**
     * The rule's tag, as the catalog entry writes it.
     */
    tag: string;
    /**
     * Why, in the client's words; never in logs.
     */
    reason: string;
    /**
     * The client's role that allows it.
     */
    role: string;
  }[];
  /**
   * The trace that the request began: 32 hexadecimal digits, as in W3C Trace Context. The platform's own, so that it may stand in logs.
   */
  trace_id?: string;
  /**
   * When the request was accepted; dates and times in result objects are this one, ISO 8601 in UTC with milliseconds.
   */
  accepted_at: string;
}
