/** Keys of the images bucket: keyed hashes of UIDs, so that a listing of the bucket says nothing about a patient. */
import { createHmac } from 'node:crypto';

/** What is hashed: a UID at its level, a patient's id, an accession number. */
export type ImageLevel = 'study' | 'series' | 'instance' | 'patient' | 'accession';

/** The UIDs of one instance, without trailing NUL or spaces. */
export interface ImageUids {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

/**
 * 32 hex digits for one UID. The level is part of the message, so that a UID used at two levels has two hashes.
 *
 * @param secret the text of the platform's images key, as Secrets Manager holds it.
 */
export function hashUid(secret: string, level: ImageLevel, uid: string): string {
  return createHmac('sha256', secret).update(`${level}\0${uid}`, 'utf8').digest('hex').slice(0, 32);
}

/**
 * The object key of one instance.
 *
 * @param upload a name of its own: of two uploads of one instance, neither ever writes over the other.
 */
export function imageKey(secret: string, uids: ImageUids, upload: string): string {
  return `${imagePrefix(secret, uids)}${hashUid(secret, 'instance', uids.instance)}/${upload}.dcm`;
}

/** What the keys of all instances of a study, or of one series, start with; it ends in `/`. */
export function imagePrefix(secret: string, uids: { readonly study: string; readonly series?: string }): string {
  const study = `instances/${hashUid(secret, 'study', uids.study)}/`;
  return uids.series === undefined ? study : `${study}${hashUid(secret, 'series', uids.series)}/`;
}
