/** The rows of one series in `mip-images`, as the image store writes them. */
import { gzipSync } from 'node:zlib';
import { BatchWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { hashUid } from '@mip/registry/image-keys';
import { PACS } from './fixtures.ts';

export const IMAGES_SECRET = 'images-key-of-a-test';

/** @param dataset of each instance, by its UID; without one, its metadata lie in the bucket. */
export async function writeSeries(
  document: DynamoDBDocumentClient,
  table: string,
  instances: Readonly<Record<string, object | undefined>>,
) {
  const { study_uid, series_uid } = PACS;
  const hash = (level: 'study' | 'series' | 'instance', uid: string) => hashUid(IMAGES_SECRET, level, uid);
  const study = hash('study', study_uid);
  const series = hash('series', series_uid);
  const attributes = JSON.stringify({ '00080060': { vr: 'CS', Value: ['CT'] } });
  const count = Object.keys(instances).length;
  const items: object[] = [
    {
      row: 'study',
      uid: study_uid,
      attributes: '{}',
      modalities: new Set(['CT']),
      series_count: 1,
      instance_count: count,
      listed: 'study',
    },
    { row: `series/${series}`, uid: series_uid, study_uid, attributes, modality: 'CT', instance_count: count, listed: 'series' },
    ...Object.entries(instances).map(([uid, dataset]) => ({
      row: `instance/${series}/${hash('instance', uid)}`,
      ...{ uid, study_uid, series_uid, attributes: '{}', size: 1000, key: 'instances/x.dcm' },
      ...(dataset ? { metadata: gzipSync(JSON.stringify({ dataset, bulk: {} })) } : { metadata_key: 'instances/x.json.gz' }),
    })),
  ];
  const puts = items.map((item) => ({ PutRequest: { Item: { study, ...item } } }));
  await document.send(new BatchWriteCommand({ RequestItems: { [table]: puts } }));
}
