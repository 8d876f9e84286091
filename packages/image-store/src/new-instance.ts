/** What the index is told of an instance whose object is in its place: its own row, and what it says of its series and study. */
import { hashUid } from '@mip/registry/image-keys';
import type { InstanceUids } from './dicom/instance-reader.ts';
import type { JsonDataSet } from './dicom/json.ts';
import { attributesOf, INSTANCE_TAGS, SERIES_TAGS, STUDY_TAGS, textOf } from './levels.ts';
import { type InstanceRow, instanceKey, type SeriesRow, type StudyRow, seriesKey } from './rows.ts';

export interface PlacedObject {
  readonly uids: InstanceUids;
  readonly sopClass: string;
  readonly transferSyntax: string;
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  readonly dataset: JsonDataSet;
  /** gzip of a `StoredMetadata`, or the key of the object that it is. */
  readonly metadata: Uint8Array | string;
}

/** Of a study or series, set when its first instance comes; what comes later does not change it. */
type StudyValues = Pick<StudyRow, 'uid' | 'attributes' | 'listed' | 'sorted_by' | 'patient' | 'accession'>;
type SeriesValues = Pick<SeriesRow, 'uid' | 'study_uid' | 'attributes' | 'listed' | 'sorted_by' | 'modality'>;

/** Small: attributes are text, and the data set is not kept. */
export interface NewInstance {
  readonly uids: InstanceUids;
  readonly row: InstanceRow;
  readonly seriesKey: string;
  readonly study: StudyValues;
  readonly series: SeriesValues;
}

/** @param secret the text of the platform's images key. */
export function newInstance(secret: string, stored: PlacedObject, now: Date): NewInstance {
  const { uids } = stored;
  const hashes = hashesOf(secret, uids);
  return {
    uids,
    row: instanceRow(hashes, stored, now),
    seriesKey: seriesKey(hashes.series),
    study: studyValues(secret, hashes.study, stored),
    series: seriesValues(hashes.series, stored),
  };
}

export interface Hashes {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

export function hashesOf(secret: string, uids: InstanceUids): Hashes {
  return {
    study: hashUid(secret, 'study', uids.study),
    series: hashUid(secret, 'series', uids.series),
    instance: hashUid(secret, 'instance', uids.instance),
  };
}

function instanceRow({ study, series, instance }: Hashes, stored: PlacedObject, now: Date): InstanceRow {
  const { uids, metadata, dataset } = stored;
  return {
    ...{ study, row: instanceKey(series, instance), instance_hash: instance },
    ...{ uid: uids.instance, series_uid: uids.series, study_uid: uids.study },
    attributes: JSON.stringify(attributesOf(dataset, INSTANCE_TAGS)),
    ...{ key: stored.key, size: stored.size, sha256: stored.sha256 },
    ...{ transfer_syntax: stored.transferSyntax, sop_class: stored.sopClass },
    ...(typeof metadata === 'string' ? { metadata_key: metadata } : { metadata }),
    stored_at: now.toISOString(),
  };
}

function studyValues(secret: string, hash: string, { uids, dataset }: PlacedObject): StudyValues {
  const patient = textOf(dataset, '00100020');
  const accession = textOf(dataset, '00080050');
  const attributes = JSON.stringify(attributesOf(dataset, STUDY_TAGS));
  return {
    ...{ uid: uids.study, attributes, listed: 'study', sorted_by: sortedBy(dataset, hash) },
    ...(patient && { patient: hashUid(secret, 'patient', patient) }),
    ...(accession && { accession: hashUid(secret, 'accession', accession) }),
  };
}

function seriesValues(hash: string, { uids, dataset }: PlacedObject): SeriesValues {
  const modality = textOf(dataset, '00080060');
  const attributes = JSON.stringify(attributesOf(dataset, SERIES_TAGS));
  return {
    ...{ uid: uids.series, study_uid: uids.study, attributes, listed: 'series', sorted_by: sortedBy(dataset, hash) },
    ...(modality && { modality }),
  };
}

/** By study date, the newest last; an unknown date is before all. */
function sortedBy(dataset: JsonDataSet, hash: string): string {
  const date = textOf(dataset, '00080020');
  return `${/^\d{8}$/.test(date) ? date : '00000000'}#${hash}`;
}
