/** Which attributes a search returns at each level: PS3.18 10.6.3.3, and what else belongs to the level. Kept as JSON text in the index. */
import type { JsonDataSet, JsonElement } from './dicom/json.ts';

export const STUDY_TAGS: readonly string[] = [
  ...['00080005', '00080020', '00080030', '00080050', '00080051', '00080090', '00080201', '00081030', '00081032', '00081048', '00081060'],
  ...['00100010', '00100020', '00100021', '00100024', '00100030', '00100032', '00100040', '00101000', '00101001', '00101002', '00101010'],
  ...['00101020', '00101030', '00102160', '00102180', '001021B0', '00104000', '0020000D', '00200010'],
];

export const SERIES_TAGS: readonly string[] = [
  ...['00080005', '00080021', '00080031', '00080060', '00080070', '00080080', '00080201', '0008103E', '0008103F', '00081010', '00081040'],
  ...['00081050', '00081070', '00081090', '00180015', '00181000', '00181020', '00181030', '00185100', '0020000E', '00200011', '00200052'],
  ...['00200060', '00201040', '00400244', '00400245', '00400253', '00400254', '00400275'],
];

export const INSTANCE_TAGS: readonly string[] = [
  ...['00080005', '00080008', '00080012', '00080013', '00080016', '00080018', '00080022', '00080023', '0008002A', '00080032', '00080033'],
  ...['00080201', '00082111', '00180050', '00180060', '00180088', '00181151', '00200012', '00200013', '00200032', '00200037', '00201041'],
  ...['00280002', '00280004', '00280006', '00280008', '00280010', '00280011', '00280030', '00280100', '00280101', '00280102', '00280103'],
  ...['00281050', '00281051', '00281052', '00281053', '00281054', '00282110', '0040A043', '0040A491', '0040A492', '0040A493'],
  ...['0040A496', '00420010', '00420012', '00700080', '00700081', '00700082', '00700083', '00700084'],
];

/** The attributes of a level, as far as the data set has them. */
export function attributesOf(dataset: JsonDataSet, tags: readonly string[]): JsonDataSet {
  const found = tags.flatMap((tag): [string, JsonElement][] => (dataset[tag] ? [[tag, dataset[tag]]] : []));
  return Object.fromEntries(found);
}

/** The first value as text; empty without one. */
export function textOf(dataset: JsonDataSet, tag: string): string {
  const value = dataset[tag]?.Value?.[0];
  return value === undefined || value === null ? '' : String(value);
}
