/** Rows of the index as the DICOM JSON that a search sees, matches and returns. Pure. */

import { instanceUrl, seriesUrl, studyUrl } from '../base-url.ts';
import type { JsonDataSet } from '../dicom/json.ts';
import { type InstanceRow, type SeriesRow, type StudyRow, uidsOf } from '../rows.ts';
import { TAG } from './attributes.ts';

/** @param base what URLs start with. */
export function studyAttributes(row: StudyRow, base: string): JsonDataSet {
  return {
    ...(JSON.parse(row.attributes) as JsonDataSet),
    [TAG.studyUid]: uid(row.uid),
    [TAG.instanceAvailability]: { vr: 'CS', Value: ['ONLINE'] },
    [TAG.modalitiesInStudy]: { vr: 'CS', ...(row.modalities?.size && { Value: [...row.modalities].sort() }) },
    [TAG.studySeries]: { vr: 'IS', Value: [row.series_count] },
    [TAG.studyInstances]: { vr: 'IS', Value: [row.instance_count] },
    [TAG.retrieveUrl]: { vr: 'UR', Value: [studyUrl(base, { study: row.uid })] },
  };
}

export function seriesAttributes(row: SeriesRow, base: string): JsonDataSet {
  return {
    ...(JSON.parse(row.attributes) as JsonDataSet),
    [TAG.studyUid]: uid(row.study_uid),
    [TAG.seriesUid]: uid(row.uid),
    [TAG.seriesInstances]: { vr: 'IS', Value: [row.instance_count] },
    [TAG.retrieveUrl]: { vr: 'UR', Value: [seriesUrl(base, { study: row.study_uid, series: row.uid })] },
  };
}

export function instanceAttributes(row: InstanceRow, base: string): JsonDataSet {
  return {
    ...(JSON.parse(row.attributes) as JsonDataSet),
    [TAG.studyUid]: uid(row.study_uid),
    [TAG.seriesUid]: uid(row.series_uid),
    [TAG.sopInstanceUid]: uid(row.uid),
    [TAG.instanceAvailability]: { vr: 'CS', Value: ['ONLINE'] },
    [TAG.retrieveUrl]: { vr: 'UR', Value: [instanceUrl(base, uidsOf(row))] },
  };
}

const uid = (value: string) => ({ vr: 'UI', Value: [value] });
