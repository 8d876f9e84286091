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
   * Where the job is in its life.
   */
  state: 'accepted' | 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'dead';
  /**
   * The state again, present only while the job is open: the key of the index by-open-state.
   */
  open_state?: 'accepted' | 'queued' | 'running';
  /**
   * What the job is for.
   */
  purpose: 'clinical' | 'conformance' | 'shadow';
  /**
   * How often processing was tried and failed.
   */
  attempts: number;
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
  };
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
     * The file's key in the results bucket, under the prefix of the algorithm that wrote it.
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
