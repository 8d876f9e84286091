/** A conformance case as a job: like a client's, but nobody's, and on the queue of a candidate. Pure. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JobMessage } from './generated/job-message.ts';
import type { JobRecord } from './generated/job-record.ts';
import { jobKey, requestDigest } from './job-keys.ts';
import { CONFORMANCE_CLIENT } from './names.ts';

/** One case, for one try of one version. */
export interface CaseOrder {
  readonly algorithm: string;
  readonly version: string;
  readonly line: string;
  /** The hash of what runs it. */
  readonly specHash: string;
  readonly case: string;
  readonly parameters: JobMessage['parameters'];
  readonly pacs: JobMessage['pacs'];
  /** SHA-256 of each image, in hex. */
  readonly images: readonly string[];
  /** When the try began: two tries have different jobs. */
  readonly at: Date;
}

/** The record that the job starts with. */
export function conformanceJob(order: CaseOrder): JobRecord {
  const { algorithm, version, line, specHash, parameters, pacs, images } = order;
  const at = order.at.toISOString();
  const identity = { client_id: CONFORMANCE_CLIENT, job_id: idOf([line, specHash, order.case, at]) };
  const purpose = 'conformance' as const;
  return {
    ...identity,
    job_key: jobKey(identity),
    algorithm,
    version,
    state: 'accepted',
    open_state: 'accepted',
    purpose,
    attempts: 0,
    delivery: 1,
    request_digest: requestDigest({ algorithm, version, pacs, parameters, purpose }),
    images: [...images],
    pacs,
    parameters,
    accepted_at: at,
    updated_at: at,
  };
}

function idOf(parts: readonly string[]): string {
  const text = canonicalize(['mip-conformance-v1', ...parts]) ?? '';
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
