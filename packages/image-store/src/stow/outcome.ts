/** The answer to STOW: PS3.18 10.5.3, as DICOM JSON. */
import { instanceUrl, studyUrl } from '../base-url.ts';
import type { InstanceUids } from '../dicom/instance-reader.ts';
import type { JsonDataSet } from '../dicom/json.ts';

/** PS3.18 Table I.2-2, and PS3.4 for the rest. */
export const REASONS = {
  processingFailure: 0x0110,
  /** The UID is taken by other bytes. */
  duplicate: 0x0111,
  outOfResources: 0xa700,
  /** Of another study than the URL names. */
  identifierMismatch: 0xa900,
  cannotUnderstand: 0xc000,
} as const;

export interface Stored {
  readonly uids: InstanceUids;
  readonly sopClass: string;
}

export interface Failure {
  /** Without UIDs where they could not be read. */
  readonly uids: InstanceUids | undefined;
  readonly sopClass: string;
  readonly reason: number;
  /** A sentence's rest: `is truncated …`; at most 64 characters reach the client. */
  readonly comment: string;
  /** The time is wrong, not the instance. */
  readonly passing?: boolean;
}

export interface Outcomes {
  readonly stored: readonly Stored[];
  readonly failed: readonly Failure[];
}

/** 200 for all, 202 for some, 409 for none. */
export function statusOf({ stored, failed }: Outcomes): number {
  if (failed.length === 0) return 200;
  return stored.length > 0 ? 202 : 409;
}

/** @param base what URLs begin with, as the client sees the store. */
export function outcomeJson({ stored, failed }: Outcomes, base: string): JsonDataSet {
  const studies = new Set(stored.map(({ uids }) => uids.study));
  const [study] = studies;
  const known = failed.filter(({ uids }) => uids !== undefined);
  const unknown = failed.filter(({ uids }) => uids === undefined);
  return {
    ...(study !== undefined && studies.size === 1 && { '00081190': uri(studyUrl(base, { study })) }),
    ...(stored.length > 0 && { '00081199': { vr: 'SQ', Value: stored.map((one) => referenced(one, base)) } }),
    ...(known.length > 0 && { '00081198': { vr: 'SQ', Value: known.map(failure) } }),
    ...(unknown.length > 0 && { '0008119A': { vr: 'SQ', Value: unknown.map(failure) } }),
  };
}

function referenced({ uids, sopClass }: Stored, base: string): JsonDataSet {
  return { ...reference(sopClass, uids.instance), '00081190': uri(instanceUrl(base, uids)) };
}

function failure({ uids, sopClass, reason, comment }: Failure): JsonDataSet {
  return {
    ...(uids && reference(sopClass, uids.instance)),
    '00081197': { vr: 'US', Value: [reason] },
    '00000902': { vr: 'LO', Value: [comment.slice(0, 64)] },
  };
}

function reference(sopClass: string, instance: string): JsonDataSet {
  return {
    '00081150': sopClass === '' ? { vr: 'UI' } : { vr: 'UI', Value: [sopClass] },
    '00081155': { vr: 'UI', Value: [instance] },
  };
}

function uri(url: string) {
  return { vr: 'UR', Value: [url] };
}
