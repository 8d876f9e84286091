/**
 * A search, walked through the index from the studies down: what cannot match at a level is not descended into. Rows come a page at a
 * time and only what is returned stays in memory.
 */

import type { JsonDataSet } from '../dicom/json.ts';
import type { ImageIndex } from '../image-index.ts';
import type { InstanceRow, SeriesRow, StudyRow } from '../rows.ts';
import type { SearchIndex, StudyKey } from '../search-index.ts';
import { select, TAG } from './attributes.ts';
import type { Filter, Level, Query } from './query.ts';
import { instanceAttributes, seriesAttributes, studyAttributes } from './results.ts';

export interface SearchPorts {
  readonly index: Pick<ImageIndex, 'study' | 'series' | 'seriesOf' | 'instancesOf'>;
  readonly search: Pick<SearchIndex, 'studies' | 'instances'>;
  /** The whole data set of an instance, for what only it holds. */
  dataset(row: InstanceRow): Promise<JsonDataSet>;
}

/** Where a search takes place: the level of what is found, and the UIDs in its path. */
export interface Place {
  readonly level: Level;
  readonly study?: string;
  readonly series?: string;
  /** What URLs in results start with. */
  readonly base: string;
}

export interface Found {
  readonly results: readonly JsonDataSet[];
  /** More matched than the limit let through. */
  readonly more: boolean;
  /** The search was ended before it had seen everything. */
  readonly unfinished: boolean;
}

/** Rows that one search looks at before it gives up: a key that no index knows must not read a hospital's whole archive. */
export const MAX_EXAMINED = 20_000;

export async function search(ports: SearchPorts, query: Query, place: Place): Promise<Found> {
  const walk = new Walk(ports, query, place);
  const results: JsonDataSet[] = [];
  let skipped = 0;
  for await (const shown of walk[place.level]()) {
    if (skipped < query.offset) skipped++;
    else if (results.length === query.limit) return { results, more: true, unfinished: false };
    else results.push(await shown());
  }
  return { results, more: false, unfinished: walk.unfinished };
}

interface At<Row> {
  readonly row: Row;
  readonly attributes: JsonDataSet;
}

/** What a match looks like in the answer: made only for what is returned. */
type Shown = () => JsonDataSet | Promise<JsonDataSet>;

class Walk {
  readonly #ports: SearchPorts;
  readonly #query: Query;
  readonly #place: Place;
  #examined = 0;

  constructor(ports: SearchPorts, query: Query, place: Place) {
    this.#ports = ports;
    this.#query = query;
    this.#place = place;
  }

  get unfinished(): boolean {
    return this.#examined >= MAX_EXAMINED;
  }

  async *study(): AsyncGenerator<Shown> {
    for await (const { attributes } of this.#studies()) yield () => select('study', attributes, this.#query.include);
  }

  async *series(): AsyncGenerator<Shown> {
    for await (const study of this.#studies()) {
      for await (const { attributes } of this.#seriesOf(study.row.uid)) yield () => this.#below({ study, series: attributes });
    }
  }

  async *instance(): AsyncGenerator<Shown> {
    for await (const study of this.#studies()) {
      for await (const series of this.#seriesOf(study.row.uid)) {
        for await (const { row, attributes } of this.#instancesOf(study.row.uid, series.row.uid)) {
          yield async () => this.#below({ study, series: series.attributes, instance: await this.#whole(row, attributes) });
        }
      }
    }
  }

  /** Attributes of the levels above come along where the path does not name them: PS3.18 §10.6.3.3. */
  #below({ study, series, instance }: { study: At<Pick<StudyRow, 'uid'>>; series: JsonDataSet; instance?: JsonDataSet }): JsonDataSet {
    const { include } = this.#query;
    const uids = Object.fromEntries([TAG.studyUid, TAG.seriesUid].map((tag) => [tag, series[tag] ?? { vr: 'UI' }]));
    return {
      ...(this.#place.study === undefined && select('study', study.attributes, include)),
      ...(!(instance && this.#place.series !== undefined) && select('series', series, include)),
      ...(instance && select('instance', instance, include)),
      ...uids,
    };
  }

  /** The attributes of an instance, with what was asked for beyond those that the index keeps apart. */
  async #whole(row: InstanceRow, attributes: JsonDataSet): Promise<JsonDataSet> {
    const { include } = this.#query;
    if (include === 'all' || [...include].every((tag) => tag in attributes)) return attributes;
    const dataset = await this.#ports.dataset(row);
    const added = [...include].flatMap((tag) => (dataset[tag] && !dataset[tag].BulkDataURI ? [[tag, dataset[tag]] as const] : []));
    return { ...Object.fromEntries(added), ...attributes };
  }

  async *#studies(): AsyncGenerator<At<Pick<StudyRow, 'uid'>>> {
    const { study: uid } = this.#place;
    // What lies in a study says that it is there; of its own row nothing is asked for.
    if (uid !== undefined && !this.#query.filters.some(({ level }) => level === 'study')) return yield { row: { uid }, attributes: {} };
    for await (const row of this.#candidates()) {
      if (this.#stop()) return;
      const attributes = studyAttributes(row, this.#place.base);
      if (this.#matches('study', attributes)) yield { row, attributes };
    }
  }

  async *#seriesOf(study: string): AsyncGenerator<At<SeriesRow>> {
    for await (const row of this.#seriesRows(study)) {
      if (this.#stop()) return;
      const attributes = seriesAttributes(row, this.#place.base);
      if (this.#matches('series', attributes)) yield { row, attributes };
    }
  }

  async *#instancesOf(study: string, series: string): AsyncGenerator<At<InstanceRow>> {
    for await (const row of this.#ports.index.instancesOf(study, series)) {
      if (this.#stop()) return;
      const attributes = instanceAttributes(row, this.#place.base);
      if (this.#matches('instance', attributes)) yield { row, attributes };
    }
  }

  #stop(): boolean {
    return ++this.#examined >= MAX_EXAMINED;
  }

  #matches(level: Level, attributes: JsonDataSet): boolean {
    return this.#query.filters.every((filter) => filter.level !== level || filter.matches(attributes[filter.tag]));
  }

  /** By the narrowest index that the query lets us ask. */
  async *#candidates(): AsyncGenerator<StudyRow> {
    const uids = this.#place.study === undefined ? listed(this.#key('study', TAG.studyUid)) : [this.#place.study];
    const sop = listed(this.#key('instance', TAG.sopInstanceUid));
    if (uids) yield* this.#existing(uids);
    else if (sop) yield* this.#existing(await this.#studiesOf(sop));
    else yield* this.#ports.search.studies(studyKey(this.#query.filters));
  }

  async *#existing(uids: Iterable<string>): AsyncGenerator<StudyRow> {
    for (const uid of new Set(uids)) {
      const row = await this.#ports.index.study(uid);
      if (row) yield row;
    }
  }

  async #studiesOf(instances: readonly string[]): Promise<ReadonlySet<string>> {
    const studies = new Set<string>();
    for (const uid of instances) for await (const row of this.#ports.search.instances(uid)) studies.add(row.study_uid);
    return studies;
  }

  async *#seriesRows(study: string): AsyncGenerator<SeriesRow> {
    const uids = this.#place.series === undefined ? listed(this.#key('series', TAG.seriesUid)) : [this.#place.series];
    if (!uids) return yield* this.#ports.index.seriesOf(study);
    for (const uid of new Set(uids)) {
      const row = await this.#ports.index.series(study, uid);
      if (row) yield row;
    }
  }

  #key(level: Level, tag: string): string | undefined {
    return this.#query.filters.find((filter) => filter.level === level && filter.tag === tag)?.key;
  }
}

function listed(key: string | undefined): readonly string[] | undefined {
  return key ? key.split(/[\\,]/).map((uid) => uid.trim()) : undefined;
}

/** Exact values have an index of their own; a range of dates is a range of the listing. */
export function studyKey(filters: readonly Filter[]): StudyKey {
  const key = (tag: string) => filters.find((filter) => filter.level === 'study' && filter.tag === tag)?.key ?? '';
  const exact = (tag: string) => (/[*?]/.test(key(tag)) ? '' : key(tag).trim());
  if (exact(TAG.patientId)) return { patient: exact(TAG.patientId) };
  if (exact(TAG.accessionNumber)) return { accession: exact(TAG.accessionNumber) };
  const [from = '', to = from] = key(TAG.studyDate).split('-');
  return { ...(from && { from }), ...(to && { to }) };
}
