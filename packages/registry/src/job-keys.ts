/** Everything that is derived from who sent which job: SHA-256 over RFC 8785 JSON, led by a tag that keeps the uses apart. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { JobRequest } from './generated/job-request.ts';

/** A job is known by its client and the client's own id for it: two clients may use one id. */
export interface JobIdentity {
  readonly client_id: string;
  readonly job_id: string;
}

/** What makes two requests the same: not the job's id, and not the client, which are the key they are compared under. */
export interface NormalisedRequest {
  readonly algorithm: string;
  /** The version that the path asked for; absent when it asked for none. */
  readonly version?: string;
  readonly pacs: JobRequest['pacs'];
  /** As they were given, without defaults: a default that changes later must not make a retry another request. */
  readonly parameters: NonNullable<JobRequest['parameters']>;
  readonly purpose: NonNullable<JobRequest['purpose']>;
  readonly callback_url?: string;
  readonly overrides?: NonNullable<JobRequest['overrides']>;
}

/** 32 hex digits that name the job wherever its ids must not appear: queue group, result keys, logs. */
export function jobKey({ client_id, job_id }: JobIdentity): string {
  return sha256(['mip-job-v1', client_id, job_id]).slice(0, 32);
}

/**
 * SQS swallows a second message with the same id for 5 minutes. `delivery` counts from 1 and is raised by whoever means to
 * send the job again.
 *
 * @returns 64 hex digits.
 */
export function deduplicationId({ client_id, job_id }: JobIdentity, delivery: number): string {
  return sha256(['mip-delivery-v1', client_id, job_id, delivery]);
}

/**
 * @returns `sha256:` and 64 hex digits.
 * @throws {Error} when a string holds a lone surrogate or a number is not finite: neither has an RFC 8785 form.
 */
export function requestDigest(request: NormalisedRequest): string {
  return `sha256:${sha256(request)}`;
}

function sha256(value: unknown): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? '', 'utf8')
    .digest('hex');
}
