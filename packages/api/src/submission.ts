/** What a request becomes: its record, its message, and the form in which it is told from another request. Pure. */
import { type JobMessage, type JobRecord, type JobRequest, jobKey, type NormalisedRequest, requestDigest } from '@mip/registry';
import type { Admitted, Target } from './admission.ts';

/** The platform's own image store; what a request is compared by leaves it out, however it was written. */
export const BUILT_IN = 'built-in';

/**
 * The part of a request that makes it this request: what a repeat is compared by.
 *
 * @param defaultSource the PACS that is meant where none is named.
 */
export function normalise({ name, version }: Target, request: JobRequest, defaultSource: string): NormalisedRequest {
  const { pacs, parameters = {}, purpose = 'clinical', callback_url } = request;
  const { source = defaultSource, ...uids } = pacs;
  return {
    algorithm: name,
    ...(version !== undefined && { version }),
    pacs: source === BUILT_IN ? uids : { ...uids, source },
    parameters,
    purpose,
    ...(callback_url !== undefined && { callback_url }),
  };
}

/** The record that a request starts with. */
export function draftJob(target: Target, clientId: string, admitted: Admitted, now: Date): JobRecord {
  const { entry, request, parameters, admission, defaultSource } = admitted;
  const at = now.toISOString();
  const normalised = normalise(target, request, defaultSource);
  const identity = { client_id: clientId, job_id: request.job_id };
  return {
    ...identity,
    job_key: jobKey(identity),
    algorithm: entry.algorithm_name,
    version: entry.version,
    state: 'accepted',
    open_state: 'accepted',
    purpose: normalised.purpose,
    attempts: 0,
    delivery: 1,
    request_digest: requestDigest(normalised),
    // Named in any case: what is meant by default may be another when a worker reads it.
    pacs: { ...request.pacs, source: request.pacs.source ?? defaultSource },
    parameters,
    admission,
    accepted_at: at,
    updated_at: at,
  };
}

/** From the record, so that a repeat sends what the first time would have sent. */
export function messageOf(record: JobRecord): JobMessage {
  const { job_key, client_id, job_id, algorithm, version, delivery, purpose, pacs, parameters, accepted_at } = record;
  return { schema: 'job-message/1', job_key, client_id, job_id, algorithm, version, delivery, purpose, pacs, parameters, accepted_at };
}
