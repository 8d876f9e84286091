// Generated from schemas/job-request.schema.json by tools/generate-types.ts: change the schema, then run that.

/**
 * The body of POST /process/{name}: which images to process, how, and under which job id.
 */
export interface JobRequest {
  /**
   * The client's own id of the job; the same id with the same body is the same job.
   */
  job_id: string;
  /**
   * The client; where it is given it has to be the one the API key belongs to.
   */
  client_id?: string;
  /**
   * Where the images are, by their UIDs; the most specific UID given decides what is processed.
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
     * The PACS of the platform file that holds the images; the platform's default where it is left out.
     */
    source?: string;
  };
  /**
   * The algorithm's parameters, by name; those left out take their defaults.
   */
  parameters?: {
    /**
     * The value given.
     */
    [k: string]: string | number | boolean;
  };
  /**
   * Rules that reject, on attributes of the input, which are not to refuse these images; for clients with a role that the platform allows.
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
  }[];
  /**
   * Where the outcome is posted when the job ends.
   */
  callback_url?: string;
  /**
   * What the job is for; clients may only ask for clinical.
   */
  purpose?: 'clinical' | 'conformance' | 'shadow';
}
