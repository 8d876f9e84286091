// Generated from schemas/job-record.schema.json by tools/generate-types.ts: change the schema, then run that.

/**
 * One item of the table mip-jobs: a job from acceptance to its end.
 */
export interface JobRecord {
  /**
   * The client the job belongs to; the table's partition key.
   */
  client_id: string;
  /**
   * The client's id of the job; the table's sort key.
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
   * The base name of the resources that serve the version: whose queue the message is on. Absent in records of before there were several versions: the algorithm's name.
   */
  line?: string;
  /**
   * Where the job is in its life.
   */
  state: 'accepted' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'dead';
  /**
   * What is still to be done about the job, and the key of the index by-open-state: the state again while the job is open; untold: it is over, and its client has still to be told of its end.
   */
  open_state?: 'accepted' | 'queued' | 'running' | 'untold';
  /**
   * What the job is for.
   */
  purpose: 'clinical' | 'conformance' | 'shadow';
  /**
   * How often processing was tried and failed.
   */
  attempts: number;
  /**
   * How much of the present attempt is done, from 0 to 1, as its worker said last: it never falls within an attempt, and the next one begins anew. Only of a job that runs, and only once it has run for a while.
   */
  progress?: number;
  /**
   * How often the job was put on a queue, from 1; part of the deduplication id.
   */
  delivery: number;
  /**
   * SHA-256 over the RFC 8785 JSON of the normalised request, to tell a retry from another request.
   */
  request_digest: string;
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
   * What was found out about the images before the job was queued.
   */
  admission?: {
    /**
     * Whether all rules on the input were answered (checked), or the worker still has to (deferred).
     */
    state: 'checked' | 'deferred';
    /**
     * What the rules that only warn ask for, where the images do not have it.
     *
     * @maxItems 65
     *
     * Items: What one rule asks for; never a value of an image.
     */
    warnings: string[];
    /**
     * Rules that reject, and by whose word they do not refuse these images.
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
  };
  /**
   * Where the job's end is posted to.
   */
  callback_url?: string;
  /**
   * What became of the callback of the job's end.
   */
  callback?: {
    /**
     * Whether it is still to be made, was answered with success, or was given up.
     */
    state: 'pending' | 'delivered' | 'failed';
    /**
     * How often it was tried.
     */
    attempts: number;
    /**
     * When it was tried last, ISO 8601 in UTC with milliseconds.
     */
    last_at?: string;
    /**
     * The HTTP status of the last answer; absent where there was none.
     */
    last_status?: number;
    /**
     * Why the last try was none: the address is refused, nothing answers, the client has no secret.
     */
    reason?: 'refused-address' | 'no-answer' | 'redirect-refused' | 'no-secret';
  };
  /**
   * The trace that the request began: 32 hexadecimal digits, as in W3C Trace Context. The platform's own, so that it may stand in logs.
   */
  trace_id?: string;
  /**
   * The trace that the client's request was part of, as it said in W3C Trace Context; never in logs.
   */
  traceparent?: string;
  /**
   * When the request was accepted, ISO 8601 in UTC with milliseconds.
   */
  accepted_at: string;
  /**
   * When the record last changed, ISO 8601 in UTC with milliseconds.
   */
  updated_at: string;
  /**
   * When the message was sent, ISO 8601 in UTC with milliseconds.
   */
  queued_at?: string;
  /**
   * When a worker started, ISO 8601 in UTC with milliseconds.
   */
  started_at?: string;
  /**
   * When the job ended, ISO 8601 in UTC with milliseconds.
   */
  finished_at?: string;
  /**
   * The digest of the image that ran the job.
   */
  image_digest?: string;
  /**
   * The version that ran.
   */
  ran_version?: string;
  /**
   * What a job that succeeded has to say.
   */
  outcome?: 'found' | 'nothing-found' | 'not-applicable' | 'done';
  /**
   * The code of why the algorithm was not applicable.
   */
  outcome_reason?: string;
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
   * What became of the results in the PACS, where the algorithm stores them there.
   */
  pacs_delivery?: {
    /**
     * The PACS of the platform file that the results went to.
     */
    pacs: string;
    /**
     * Whether the PACS has all of them, or refused some.
     */
    state: 'stored' | 'failed';
    /**
     * How many objects the PACS has.
     */
    stored: number;
    /**
     * How many objects the PACS refused.
     */
    failed: number;
    /**
     * Why it refused one: DICOM's failure reason, the HTTP status, or that its answer did not mention the object.
     */
    reason?: string;
  };
  /**
   * The files the job left, in order.
   *
   * @maxItems 10000
   *
   * Items: One result file.
   */
  results?: {
    /**
     * The file's name.
     */
    name: string;
    /**
     * The file's key in the results bucket, under the prefix of the algorithm that wrote it; of a conformance job in its quarantine.
     */
    key: string;
    /**
     * The file's media type.
     */
    media_type: string;
    /**
     * The file's size, in bytes.
     */
    size: number;
    /**
     * SHA-256 of the file, in hexadecimal.
     */
    sha256: string;
  }[];
}
