/**
 * The index of the image store: rows of the table `mip-images`. `study` is the partition key, `row` the sort key; both are keyed hashes of
 * UIDs (`hashUid`), so that whatever logs keys logs no UID. The rows of one upload are written in one transaction: counts never drift, and
 * no row is without its object.
 */

import type { InstanceUids } from './dicom/instance-reader.ts';
import type { JsonDataSet } from './dicom/json.ts';

/** JSON text of a DICOM JSON object (PS3.18 Annex F): the attributes that a search at this level returns. */
export type AttributesJson = string;

interface Key {
  /** `hashUid(secret, 'study', …)` */
  readonly study: string;
  /** `study`, `series/{series}` or `instance/{series}/{instance}`, of hashes. */
  readonly row: string;
}

/** Of a study or a series: what the listing indexes see. */
interface Listed extends Key {
  readonly uid: string;
  readonly attributes: AttributesJson;
  readonly instance_count: number;
  /** `{StudyDate, or 00000000}#{hash}` */
  readonly sorted_by: string;
  readonly updated_at: string;
}

export interface StudyRow extends Listed {
  readonly row: 'study';
  readonly listed: 'study';
  readonly series_count: number;
  readonly modalities?: ReadonlySet<string>;
  /** `hashUid(secret, 'patient', PatientID)`; absent without an id. */
  readonly patient?: string;
  readonly accession?: string;
}

export interface SeriesRow extends Listed {
  readonly listed: 'series';
  readonly study_uid: string;
  readonly modality?: string;
}

export interface InstanceRow extends Key {
  readonly uid: string;
  readonly study_uid: string;
  readonly series_uid: string;
  readonly attributes: AttributesJson;
  /** Of the object in the images bucket: `instances/{study}/{series}/{instance}/{upload}.dcm`. */
  readonly key: string;
  /** Bytes of the Part 10 file. */
  readonly size: number;
  /** Of the Part 10 file, in hex. */
  readonly sha256: string;
  readonly transfer_syntax: string;
  readonly sop_class: string;
  /** `hashUid(secret, 'instance', …)`, the key of the index `by-instance`. */
  readonly instance_hash: string;
  /** gzip of a `StoredMetadata`; a large one is an object of its own, under `metadata_key`. */
  readonly metadata?: Uint8Array;
  readonly metadata_key?: string;
  readonly stored_at: string;
}

/** The UIDs of an instance's row, whatever else was read of it. */
export function uidsOf(row: Pick<InstanceRow, 'study_uid' | 'series_uid' | 'uid'>): InstanceUids {
  return { study: row.study_uid, series: row.series_uid, instance: row.uid };
}

/** The sort key of a series. @param series its hash. */
export function seriesKey(series: string): string {
  return `series/${series}`;
}

/** The sort key of an instance, or what those of a whole series or study begin with. Of hashes. */
export function instanceKey(series = '', instance = ''): string {
  return series === '' ? 'instance/' : `instance/${series}/${instance}`;
}

/** Where bytes lie in the file; of a deflated one, in its inflated data set, whose first byte is 0. */
export type Span = readonly [offset: number, length: number];

export interface StoredMetadata {
  /** The whole data set as DICOM JSON; pixels and other large binaries are `BulkDataURI: "mip-bulk:{path}"`. */
  readonly dataset: JsonDataSet;
  /** By the path in a `BulkDataURI`: tags and item numbers, `00420011` or `54000100/0/54001010`. */
  readonly bulk: Readonly<Record<string, Span>>;
  /** Of a deflated file: where in the file its deflated data set begins. */
  readonly deflated_from?: number;
  /** Whether numbers in `bulk` and `pixels` are big-endian: Explicit VR Big Endian only. */
  readonly big_endian?: true;
  /** Absent without pixels. `frames` where they are encapsulated: the fragments of each frame, without their item headers. */
  readonly pixels?: { readonly tag: string; readonly span: Span; readonly frames?: readonly (readonly Span[])[] };
}
