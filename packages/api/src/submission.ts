/** What a request becomes: its record, its message, and the form in which it is told from another request. Pure. */
import { BUILT_IN_PACS, type JobRecord, type JobRequest, jobKey, type NormalisedRequest, requestDigest } from '@mip/registry';
import type { Admitted, Target } from './admission.ts';

export { messageOf } from '@mip/registry';

/**
 * The part of a request that makes it this request: what a repeat is compared by.
 *
 * @param defaultSource the PACS that is meant where none is named.
 */
export function normalise({ name, version }: Target, request: JobRequest, defaultSource: string): NormalisedRequest {
  const { pacs, parameters = {}, purpose = 'clinical', callback_url, overrides } = request;
  const { source = defaultSource, ...uids } = pacs;
  return {
    algorithm: name,
    ...(version !== undefined && { version }),
    // The platform's own image store is left out, however it was written.
    pacs: source === BUILT_IN_PACS ? uids : { ...uids, source },
    parameters,
    purpose,
    ...(callback_url !== undefined && { callback_url }),
    ...(overrides && { overrides }),
  };
}

/** The record that a request starts with. */
export function draftJob(target: Target, clientId: string, admitted: Admitted, now: Date): JobRecord {
  const { entry, line, request, parameters, admission, defaultSource } = admitted;
  const at = now.toISOString();
  const normalised = normalise(target, request, defaultSource);
  const identity = { client_id: clientId, job_id: request.job_id };
  return {
    ...identity,
    job_key: jobKey(identity),
    algorithm: entry.algorithm_name,
    version: entry.version,
    line,
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
    ...(request.callback_url !== undefined && { callback_url: request.callback_url }),
    accepted_at: at,
    updated_at: at,
  };
}
