import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../../schemas/vectors/job-keys.json' with { type: 'json' };
import { deduplicationId, jobKey, type NormalisedRequest, requestDigest } from './job-keys.ts';

describe('keys of a job', () => {
  it.each(vectors.jobs)('the job $job_id of $client_id, delivery $delivery', ({ delivery, job_key, deduplication_id, ...identity }) => {
    expect(jobKey(identity)).toBe(job_key);
    expect(deduplicationId(identity, delivery)).toBe(deduplication_id);
  });

  it('client and job cannot run into each other', () => {
    const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,5}$/);
    fc.assert(
      fc.property(id, id, id, id, (a, b, c, d) => {
        const same = jobKey({ client_id: a, job_id: b }) === jobKey({ client_id: c, job_id: d });
        expect(same).toBe(a === c && b === d);
      }),
    );
  });
});

describe('the digest of a request', () => {
  const request: NormalisedRequest = {
    algorithm: 'window-level',
    pacs: { study_uid: '1.2' },
    parameters: { width: 400.5, center: 40 },
    purpose: 'clinical',
  };

  it('is SHA-256 over the canonical JSON, whatever the order of the members', () => {
    // Computed with Python's json and hashlib.
    expect(requestDigest(request)).toBe('sha256:8571a68986b5dc3305525d96250f8a0191f8c9d4964a959916b1b1f803c64ed9');
    expect(requestDigest({ ...request, parameters: { center: 40, width: 400.5 } })).toBe(requestDigest(request));
  });

  it.each<[string, Partial<NormalisedRequest>]>([
    ['algorithm', { algorithm: 'grayscale' }],
    ['version', { version: '1.0.0' }],
    ['images', { pacs: { study_uid: '1.2', series_uid: '1.3' } }],
    ['parameters', { parameters: { width: 401, center: 40 } }],
    ["parameter's type", { parameters: { width: '400.5', center: 40 } }],
    ['purpose', { purpose: 'shadow' }],
    ['callback', { callback_url: 'https://viewer.example/' }],
  ])('differs with another %s', (_what, change) => {
    expect(requestDigest({ ...request, ...change })).not.toBe(requestDigest(request));
  });

  it.each([Number.POSITIVE_INFINITY, '\ud800'])('refuses %j, which has no canonical form', (value) => {
    expect(() => requestDigest({ ...request, parameters: { value } })).toThrow();
  });
});
