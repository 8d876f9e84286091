/** Many jobs of several algorithms, versions, images and clients, for tests: each knows what it is, apart from what a recall concludes. */
import type { JobRecord } from '../generated/job-record.ts';

export interface MadeJob extends JobRecord {
  readonly truth: 'made' | 'unfinished' | 'conformance' | 'nothing';
}

const CLIENTS = ['clinic-a', 'clinic-b', 'hospital'] as const;
const VERSIONS = ['1.1.0', '1.2.0', '2.0.0'] as const;
const TRUTHS = ['made', 'made', 'made', 'unfinished', 'conformance', 'nothing'] as const;
const STATES = { made: 'succeeded', conformance: 'succeeded', unfinished: 'running', nothing: 'failed' } as const;
const BEGIN = Date.UTC(2026, 0, 1);

/** The same ones at every call. */
export function madeJobs(count: number): readonly MadeJob[] {
  return Array.from({ length: count }, (_, at) => madeJob(at));
}

/** Small primes keep what goes with what apart. */
function madeJob(at: number): MadeJob {
  const truth = TRUTHS[at % TRUTHS.length] as MadeJob['truth'];
  const version = VERSIONS[Math.floor(at / 7) % VERSIONS.length] as string;
  const state = STATES[truth];
  const accepted_at = new Date(BEGIN + ((at * 7919) % 100_003) * 1000).toISOString();
  const image_digest = `sha256:${version.replaceAll('.', '')}${String(Math.floor(at / 11) % 2)}${'0'.repeat(60)}`;
  const hex = at.toString(16).padStart(32, '0');
  const key = `algorithms/seg/jobs/${hex}/${image_digest.slice(7, 23)}/mask.dcm`;
  return {
    ...{ client_id: CLIENTS[Math.floor(at / 5) % CLIENTS.length] as string, job_id: `job-${at}`, job_key: hex },
    ...{ algorithm: at % 13 === 0 ? 'other' : 'seg', version: '1.1.0', ran_version: version, image_digest },
    ...{ state, purpose: truth === 'conformance' ? 'conformance' : 'clinical', attempts: 0, delivery: 1 },
    ...{ request_digest: `sha256:${hex}${hex}`, pacs: { study_uid: `1.2.${at % 401}`, series_uid: `1.2.${at % 401}.1` } },
    ...{ parameters: { threshold: 1 }, accepted_at, updated_at: accepted_at, truth },
    ...(state === 'running' ? { open_state: state } : { finished_at: accepted_at }),
    ...(state === 'failed' && { error: { code: 'internal', message: 'Something is wrong.' } }),
    ...(state === 'succeeded' && outcomeOf(at, key)),
  };
}

function outcomeOf(at: number, key: string): Pick<JobRecord, 'outcome' | 'results'> {
  if (at % 4 === 0) return { outcome: 'nothing-found', results: [] };
  return { outcome: 'found', results: [{ name: 'mask.dcm', key, sha256: 'ab'.repeat(32), size: 10, media_type: 'application/dicom' }] };
}
