/** Any other PACS: what it answers to a search for the series and to a question for one instance's metadata. */
import { type Dataset, decimal, readAttribute } from '@mip/catalog/input-rules/values';
import type { Answer, DicomwebClient } from './dicomweb-client.ts';
import { type Found, type ImageSource, type Look, levelOf, type Uids } from './look.ts';

const TAG = {
  modalitiesInStudy: '00080061',
  study: '0020000D',
  series: '0020000E',
  instance: '00080018',
  instancesOfSeries: '00201209',
} as const;

export class DicomwebImages implements ImageSource {
  readonly #client: Pick<DicomwebClient, 'get'>;

  constructor(client: Pick<DicomwebClient, 'get'>) {
    this.#client = client;
  }

  async look(uids: Uids, signal: AbortSignal): Promise<Look> {
    const { study_uid, series_uid, instance_uid } = uids;
    const dots = [study_uid, series_uid, instance_uid].findIndex((uid) => uid !== undefined && !/\d/.test(uid));
    // In a path, dots alone would lead to another resource.
    if (dots >= 0) return { kind: 'missing', level: (['study', 'series', 'instance'] as const)[dots] ?? 'study' };
    return series_uid === undefined ? this.#study(study_uid, signal) : this.#series({ ...uids, series_uid }, signal);
  }

  async #study(study: string, signal: AbortSignal): Promise<Look> {
    const answer = await this.#get('studies', { StudyInstanceUID: study, includefield: 'ModalitiesInStudy' }, signal);
    const known = only(answer, TAG.study, study);
    if (answer.kind === 'none') return { kind: 'missing', level: 'study' };
    if (!known) return because(answer);
    const modalities = readAttribute(known, TAG.modalitiesInStudy)?.values.map(String);
    return { kind: 'found', known, ...(modalities?.length && { modalities }) };
  }

  async #series(uids: Uids & { series_uid: string }, signal: AbortSignal): Promise<Look> {
    const { study_uid, series_uid } = uids;
    const search = { SeriesInstanceUID: series_uid, includefield: 'NumberOfSeriesRelatedInstances' };
    const [series, instance] = await Promise.all([this.#get(`studies/${study_uid}/series`, search, signal), this.#instance(uids, signal)]);
    const known = only(series, TAG.series, series_uid);
    const seen = only(instance.answer, TAG.instance, instance.uid);
    if (!seen && series.kind === 'none') return this.#missing(study_uid, signal);
    if (!seen && known && instance.answer.kind === 'none' && levelOf(uids) === 'instance') return { kind: 'missing', level: 'instance' };
    if (!seen && !known) return because(series);
    const instances = levelOf(uids) === 'series' && known ? count(known) : undefined;
    const found: Found = { kind: 'found', ...(known && { known }), ...(seen && { instance: seen }) };
    return instances === undefined ? found : { ...found, instances };
  }

  /** The metadata of the instance asked for, or of one of the series. */
  async #instance({ study_uid, series_uid, instance_uid }: Uids, signal: AbortSignal): Promise<{ answer: Answer; uid: string }> {
    const path = `studies/${study_uid}/series/${series_uid}/instances`;
    if (instance_uid !== undefined) return { answer: await this.#get(`${path}/${instance_uid}/metadata`, {}, signal), uid: instance_uid };
    const answer = await this.#get(path, { limit: '1' }, signal);
    const uid = answer.kind === 'some' && answer.datasets[0] ? readAttribute(answer.datasets[0], TAG.instance)?.values[0] : undefined;
    if (typeof uid !== 'string' || !/^[\d.]*\d[\d.]*$/.test(uid)) return { answer: answer.kind === 'some' ? NO_LIST : answer, uid: '' };
    return { answer: await this.#get(`${path}/${uid}/metadata`, {}, signal), uid };
  }

  /** A search for a series finds nothing in a study that is not there either. */
  async #missing(study: string, signal: AbortSignal): Promise<Look> {
    const answer = await this.#get('studies', { StudyInstanceUID: study }, signal);
    return { kind: 'missing', level: answer.kind === 'none' ? 'study' : 'series' };
  }

  /** A request that fails says nothing; those beside it may. */
  async #get(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    try {
      return await this.#client.get(path, query, signal);
    } catch {
      return { kind: 'unknown', why: signal.aborted ? 'it took too long' : 'it cannot be reached' };
    }
  }
}

const NO_LIST: Answer = { kind: 'unknown', why: 'it answers with an instance without its UID' };

/** The data set of that UID: a server that does not know the filter sends others. */
function only(answer: Answer, tag: string, uid: string): Dataset | undefined {
  if (answer.kind !== 'some') return undefined;
  return answer.datasets.find((dataset) => readAttribute(dataset, tag)?.values[0] === uid);
}

function count(series: Dataset): number | undefined {
  const [value] = readAttribute(series, TAG.instancesOfSeries)?.values ?? [];
  const number = decimal(value);
  return number !== undefined && Number.isInteger(number) && number > 0 ? number : undefined;
}

function because(answer: Answer): Look {
  return { kind: 'unknown', why: answer.kind === 'unknown' ? answer.why : 'it answers with other data sets than were asked for' };
}
