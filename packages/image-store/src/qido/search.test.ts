/** Searches over an index in memory, against what filtering everything gives. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonDataSet } from '../dicom/json.ts';
import type { InstanceRow, SeriesRow, StudyRow } from '../rows.ts';
import { BadQuery, MAX_LIMIT, readQuery } from './query.ts';
import { MAX_EXAMINED, type Place, type SearchPorts, search, studyKey } from './search.ts';

interface Image {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly patient: string;
  readonly date: string;
  readonly modality: string;
}

const json = (attributes: Record<string, readonly [string, unknown]>) =>
  JSON.stringify(Object.fromEntries(Object.entries(attributes).map(([tag, [vr, value]]) => [tag, { vr, Value: [value] }])));

/** As the table would answer. @param asked the keys by which studies were listed. */
function indexOf(images: readonly Image[], asked: object[] = []): SearchPorts {
  const rows = <Row>(list: readonly Row[]) =>
    (async function* () {
      yield* list;
    })();
  const unique = <Key extends keyof Image>(list: readonly Image[], key: Key) => [
    ...new Map(list.map((image) => [image[key], image])).values(),
  ];
  const study = ({ study, patient, date }: Image) => {
    const own = images.filter((image) => image.study === study);
    return {
      ...{ uid: study, series_count: unique(own, 'series').length, instance_count: own.length },
      modalities: new Set(own.map(({ modality }) => modality)),
      attributes: json({ '00080020': ['DA', date], '00100020': ['LO', patient] }),
    } as unknown as StudyRow;
  };
  const series = (image: Image) =>
    ({
      ...{ uid: image.series, study_uid: image.study, instance_count: images.filter(({ series }) => series === image.series).length },
      attributes: json({ '00080060': ['CS', image.modality] }),
    }) as unknown as SeriesRow;
  const instance = (image: Image) =>
    ({
      ...{ uid: image.instance, series_uid: image.series, study_uid: image.study },
      attributes: json({ '00280010': ['US', 512] }),
    }) as unknown as InstanceRow;
  const inStudy = (uid: string) => images.filter((image) => image.study === uid);
  return {
    index: {
      study: async (uid) => inStudy(uid).map(study)[0],
      series: async (uid, one) =>
        inStudy(uid)
          .filter((image) => image.series === one)
          .map(series)[0],
      seriesOf: (uid) => rows(unique(inStudy(uid), 'series').map(series)),
      instancesOf: (uid, one) =>
        rows(
          inStudy(uid)
            .filter((image) => one === undefined || image.series === one)
            .map(instance),
        ),
    },
    search: {
      studies: (key) => {
        asked.push(key);
        const kept = images.filter((image) => ('patient' in key ? image.patient === key.patient : true));
        return rows(unique(kept, 'study').map(study));
      },
      instances: (uid) => rows(images.filter((image) => image.instance === uid).map(instance)),
    },
    dataset: async () => ({ '00180050': { vr: 'DS', Value: [2.5] } }),
  };
}

const IMAGES: readonly Image[] = ['1.1', '1.2', '1.3'].flatMap((study, s) =>
  ['CT', 'MR'].flatMap((modality, m) =>
    [1, 2, 3].map((i) => ({
      ...{ study, series: `${study}.${m}`, instance: `${study}.${m}.${i}`, modality },
      ...{ patient: `P${s}`, date: `2024010${s + 1}` },
    })),
  ),
);
const BASE = 'https://pacs.test/dicomweb';
const STUDIES: Place = { level: 'study', base: BASE };

const find = (parameters: Record<string, string>, place: Place = STUDIES, ports = indexOf(IMAGES)) =>
  search(ports, readQuery(parameters, place.level), place);
const values = (results: readonly JsonDataSet[], tag: string) => results.map((one) => one[tag]?.Value?.[0]);

describe('a search', () => {
  it('returns what the standard asks for at the level of studies', async () => {
    const { results } = await find({ PatientID: 'P1' });
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({
      '0020000D': { vr: 'UI', Value: ['1.2'] },
      '00080061': { vr: 'CS', Value: ['CT', 'MR'] },
      '00201206': { vr: 'IS', Value: [2] },
      '00201208': { vr: 'IS', Value: [6] },
      '00081190': { vr: 'UR', Value: [`${BASE}/studies/1.2`] },
      '00100010': { vr: 'PN' },
      '00080050': { vr: 'SH' },
    });
  });

  it('gives series and instances the attributes of the levels that the path does not name', async () => {
    const everywhere = await find({ Modality: 'MR', PatientID: 'P0' }, { level: 'instance', base: BASE });
    expect(values(everywhere.results, '00080018')).toEqual(['1.1.1.1', '1.1.1.2', '1.1.1.3']);
    expect(everywhere.results[0]).toMatchObject({
      '00100020': { Value: ['P0'] },
      '00080060': { Value: ['MR'] },
      '00280010': { Value: [512] },
    });
    const inside = await find({}, { level: 'instance', base: BASE, study: '1.1', series: '1.1.0' });
    expect(inside.results[0]).not.toHaveProperty('00100020');
    expect(inside.results[0]).toMatchObject({ '0020000D': { Value: ['1.1'] }, '0020000E': { Value: ['1.1.0'] } });
    expect(values((await find({ Modality: 'CT' }, { level: 'series', base: BASE })).results, '0020000E')).toEqual([
      '1.1.0',
      '1.2.0',
      '1.3.0',
    ]);
  });

  it('includes what is asked for, by name, by tag, or all', async () => {
    const place: Place = { level: 'instance', base: BASE, study: '1.1', series: '1.1.0' };
    for (const includefield of ['SliceThickness', '00180050', 'PatientName,SliceThickness']) {
      expect(values((await find({ includefield, limit: '1' }, place)).results, '00180050')).toEqual([2.5]);
    }
    expect((await find({ limit: '1' }, place)).results[0]).not.toHaveProperty('00180050');
    expect((await find({ includefield: 'all' })).results).toHaveLength(3);
  });

  it('asks the narrowest index', async () => {
    const asked: object[] = [];
    const ports = indexOf(IMAGES, asked);
    for (const query of [{ PatientID: 'P1' }, { AccessionNumber: 'A7' }, { StudyDate: '20240101-20240102' }, { StudyDate: '20240101-' }])
      await find(query, STUDIES, ports);
    await find({ PatientID: 'P*' }, STUDIES, ports);
    expect(asked).toEqual([{ patient: 'P1' }, { accession: 'A7' }, { from: '20240101', to: '20240102' }, { from: '20240101' }, {}]);
    await find({ StudyInstanceUID: '1.1,1.2' }, STUDIES, ports);
    await find({ SOPInstanceUID: '1.1.0.1' }, { level: 'instance', base: BASE }, ports);
    expect(asked).toHaveLength(5);
    expect(studyKey(readQuery({ StudyDate: '-20240102' }, 'study').filters)).toEqual({ to: '20240102' });
  });

  it('limit and offset are a window on all that matches', async () => {
    const all = values((await find({}, { level: 'instance', base: BASE })).results, '00080018');
    await fc.assert(
      fc.asyncProperty(fc.nat(20), fc.nat(20), async (limit, offset) => {
        const { results, more } = await find({ limit: `${limit}`, offset: `${offset}` }, { level: 'instance', base: BASE });
        expect(values(results, '00080018')).toEqual(all.slice(offset, offset + limit));
        expect(more).toBe(all.length > offset + limit);
      }),
    );
  });

  it('ends before it has read an archive', async () => {
    const many = Array.from({ length: MAX_EXAMINED + 10 }, (_, i) => ({ ...(IMAGES[0] as Image), study: `9.${i}` }));
    const { results, unfinished } = await find({ StudyID: 'nowhere' }, STUDIES, {
      ...indexOf([]),
      search: { studies: () => listing(many), instances: () => listing([]) },
    });
    expect({ results, unfinished }).toEqual({ results: [], unfinished: true });
  });
});

async function* listing(images: readonly Image[]): AsyncGenerator<never> {
  for (const { study } of images) yield { uid: study, attributes: '{}' } as never;
}

describe('query parameters', () => {
  it.each([
    [{ Nonsense: '1' }, 'Nonsense'],
    [{ patientname: 'x' }, 'patientname'],
    [{ '00100010x': 'x' }, 'name that is none'],
    [{ Rows: '512' }, 'Rows'],
    [{ PixelData: '1' }, 'PixelData'],
    [{ limit: '-1' }, 'limit'],
    [{ limit: 'ten' }, 'limit'],
    [{ offset: '1.5' }, 'offset'],
    [{ fuzzymatching: 'yes' }, 'fuzzymatching'],
    [{ includefield: 'Nonsense' }, 'includefield'],
    [{ StudyDate: 'today' }, 'StudyDate'],
    [{ StudyInstanceUID: '../../x' }, 'StudyInstanceUID'],
    [{ PatientName: 'x'.repeat(3000) }, 'PatientName'],
  ])('%j is refused by its name, and never repeated', (parameters, named) => {
    const refuse = () => readQuery(parameters, 'study');
    expect(refuse).toThrow(BadQuery);
    expect(refuse).toThrow(named);
    const [value = ''] = Object.values(parameters);
    if (value.length > 3) expect(refuse).not.toThrow(value);
  });

  it('a parameter that is there twice is refused, but includefield', () => {
    expect(() => readQuery({ PatientID: ['a', 'b'] }, 'study')).toThrow(BadQuery);
    expect(readQuery({ includefield: ['PatientAge', '00081030'] }, 'study').include).toEqual(new Set(['00101010', '00081030']));
  });

  it('tags are keywords, and the limit has a limit', () => {
    expect(readQuery({ '00100020': 'x' }, 'study').filters[0]).toMatchObject({ tag: '00100020', level: 'study' });
    expect(readQuery({ limit: '999999' }, 'study').limit).toBe(MAX_LIMIT);
    expect(readQuery({ Modality: 'CT' }, 'instance').filters[0]).toMatchObject({ level: 'series' });
  });
});
