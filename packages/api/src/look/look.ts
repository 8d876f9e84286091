/** What can be found out about images before a job is queued. */
import type { Dataset } from '@mip/catalog/input-rules/values';
import type { JobRequest } from '@mip/registry';

/** The UIDs of a request; the most specific one says what is asked for. */
export type Uids = Pick<JobRequest['pacs'], 'study_uid' | 'series_uid' | 'instance_uid'>;
export type Level = 'study' | 'series' | 'instance';

export type Look = Found | Missing | Unknown;

/** The images are there. What is left out could not be seen in time. */
export interface Found {
  readonly kind: 'found';
  /** The whole data set of the instance asked for, or of one instance of the series asked for. */
  readonly instance?: Dataset;
  /** Some attributes of what was asked for: what it lacks may still be in the images. */
  readonly known?: Dataset;
  /** Of a series: how many instances it has. */
  readonly instances?: number;
  /** Of a study. */
  readonly modalities?: readonly string[];
}

/** The PACS has answered, and does not have it; `level` is the highest that is not there. */
export interface Missing {
  readonly kind: 'missing';
  readonly level: Level;
}

/** The PACS did not say, or not in time. */
export interface Unknown {
  readonly kind: 'unknown';
  /** In words for the log: no UID, nothing that came from outside. */
  readonly why: string;
}

/** Where images can be; one PACS of the platform. */
export interface ImageSource {
  /** Ends soon after `signal` aborts, with what it has seen so far. It may throw: then nothing is known. */
  look(uids: Uids, signal: AbortSignal): Promise<Look>;
}

/** What the request asks for. */
export function levelOf({ series_uid, instance_uid }: Uids): Level {
  if (instance_uid !== undefined) return 'instance';
  return series_uid === undefined ? 'study' : 'series';
}

/** A promise that is somebody else's too, waited for until `signal` aborts. */
export function whileWaiting<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}
