/** Which attributes a search returns and matches: PS3.18 tables 10.6.1-5 and 10.6.3-3 to -5. */
import type { JsonDataSet, JsonElement } from '../dicom/json.ts';
import { INSTANCE_TAGS, SERIES_TAGS, STUDY_TAGS } from '../levels.ts';
import type { Level } from './query.ts';

export const TAG = {
  specificCharacterSet: '00080005',
  sopInstanceUid: '00080018',
  studyDate: '00080020',
  accessionNumber: '00080050',
  instanceAvailability: '00080056',
  modalitiesInStudy: '00080061',
  retrieveUrl: '00081190',
  patientId: '00100020',
  studyUid: '0020000D',
  seriesUid: '0020000E',
  studySeries: '00201206',
  studyInstances: '00201208',
  seriesInstances: '00201209',
} as const;

/** Returned by every search at the level, with an empty value where the images have none. */
const ALWAYS: Readonly<Record<Level, Readonly<Record<string, string>>>> = {
  study: {
    '00080020': 'DA',
    '00080030': 'TM',
    '00080050': 'SH',
    '00080090': 'PN',
    '00100010': 'PN',
    '00100020': 'LO',
    '00100030': 'DA',
    '00100040': 'CS',
    '00200010': 'SH',
  },
  series: { '00080060': 'CS', '00200011': 'IS' },
  instance: { '00080016': 'UI', '00200013': 'IS' },
};

/** Returned where the images have them. */
const WHERE_KNOWN: Readonly<Record<Level, readonly string[]>> = {
  study: ['00080005', '00080056', '00080061', '00080201', '00081190', '0020000D', '00201206', '00201208'],
  series: ['00080005', '00080201', '0008103E', '00081190', '0020000E', '00201209', '00400244', '00400245', '00400275'],
  instance: ['00080005', '00080018', '00080056', '00080201', '00081190', '00280008', '00280010', '00280011', '00280100'],
};

const RETURNED = {
  study: new Set([...Object.keys(ALWAYS.study), ...WHERE_KNOWN.study]),
  series: new Set([...Object.keys(ALWAYS.series), ...WHERE_KNOWN.series]),
  instance: new Set([...Object.keys(ALWAYS.instance), ...WHERE_KNOWN.instance]),
} as const;

/** Not of the images themselves, or sequences. */
const NEVER_MATCHED: ReadonlySet<string> = new Set(['00080005', '00080056', '00081190']);

const MATCHED = {
  study: new Set([...STUDY_TAGS, ...WHERE_KNOWN.study]),
  series: new Set([...SERIES_TAGS, ...WHERE_KNOWN.series]),
  instance: new Set([...INSTANCE_TAGS, ...WHERE_KNOWN.instance]),
} as const;

/** Whether a search can be narrowed by the attribute at this level: by all that the index keeps, but sequences. */
export function isMatched(level: Level, { tag, vr }: { readonly tag: string; readonly vr: string }): boolean {
  return vr !== 'SQ' && !NEVER_MATCHED.has(tag) && MATCHED[level].has(tag);
}

/** The attributes of `all` that a search at this level shows: what is always returned, and what was asked for. */
export function select(level: Level, all: JsonDataSet, include: ReadonlySet<string> | 'all'): JsonDataSet {
  const shown: Record<string, JsonElement> = {};
  for (const [tag, vr] of Object.entries(ALWAYS[level])) shown[tag] = { vr };
  for (const [tag, element] of Object.entries(all)) {
    if (include === 'all' || RETURNED[level].has(tag) || include.has(tag)) shown[tag] = element;
  }
  return shown;
}
