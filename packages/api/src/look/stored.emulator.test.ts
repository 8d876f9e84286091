/** A look at what the image store itself has written: real files, by STOW. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Input } from '@mip/catalog/input-rules/rules-of';
import { StowClient } from '@mip/image-store/stow-client';
import { EmulatedPlace } from '@mip/image-store/testing/emulated';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testImage } from '../../../../tests/cloud.ts';
import { openEmulator, type TestEmulator } from '../../../../tests/emulator.ts';
import { checkInput } from '../input-check.ts';
import { BuiltInImages } from './built-in.ts';
import type { Level, Uids } from './look.ts';

let emulator: TestEmulator;
let images: BuiltInImages;
let stow: StowClient;
let close: () => Promise<unknown>;
beforeAll(async () => {
  emulator = await openEmulator();
  const place = await EmulatedPlace.make(emulator.connection);
  const { imagesKey, connection, names } = place;
  stow = new StowClient({ url: await place.serve(), key: place.key });
  const document = DynamoDBDocumentClient.from(new DynamoDBClient(connection));
  images = new BuiltInImages({ document, table: names.table('images'), imagesKey: async () => imagesKey });
  close = () => place.close();
});
afterAll(async () => {
  await close();
  await emulator.stop();
});

const paths = new Map<string, string>();

async function stored(file: string): Promise<Required<Uids>> {
  const path = paths.get(file) ?? testImage(file);
  paths.set(file, path);
  const [outcome] = await stow.store([path]);
  if (!outcome || outcome.refused) throw new Error(`${file} was refused`);
  const { study, series, instance } = outcome.uids;
  return { study_uid: study, series_uid: series, instance_uid: instance };
}

const only = (rule: object): Input => ({ rules: [{ severity: 'reject', ...rule } as never] });
const upTo = (uids: Required<Uids>, level: Level): Uids => {
  const { study_uid, series_uid } = uids;
  return level === 'instance' ? uids : level === 'series' ? { study_uid, series_uid } : { study_uid };
};

/** What pydicom says of these files is what is expected. */
const TABLE: readonly [string, Level, Input, 'checked' | 'deferred' | 'refused'][] = [
  ['CT_small.dcm', 'instance', { modalities: ['CT'] }, 'checked'],
  ['CT_small.dcm', 'series', { modalities: ['CT'] }, 'checked'],
  ['CT_small.dcm', 'series', { modalities: ['MR'] }, 'refused'],
  ['CT_small.dcm', 'study', { modalities: ['CT'] }, 'deferred'],
  ['CT_small.dcm', 'study', { modalities: ['MR'] }, 'refused'],
  ['CT_small.dcm', 'instance', only({ tag: 'ImageType', equals: 'AXIAL' }), 'checked'],
  ['CT_small.dcm', 'instance', only({ tag: 'SliceThickness', range: { maximum: 4.9, unit: 'mm' } }), 'refused'],
  ['CT_small.dcm', 'instance', only({ fact: 'spacing_mm', range: { minimum: 0.66, maximum: 0.67, unit: 'mm' } }), 'checked'],
  ['CT_small.dcm', 'series', only({ fact: 'slices', range: { minimum: 2, unit: '1' } }), 'refused'],
  ['CT_small.dcm', 'instance', only({ fact: 'orientation', equals: 'axial' }), 'checked'],
  ['CT_small.dcm', 'instance', only({ tag: '00091001', equals: 'GE_GENESIS_FF' }), 'checked'],
  ['SC_rgb.dcm', 'instance', only({ tag: 'PhotometricInterpretation', one_of: ['MONOCHROME1', 'MONOCHROME2'] }), 'refused'],
  ['emri_small.dcm', 'instance', only({ fact: 'slices', range: { minimum: 10, maximum: 10, unit: '1' } }), 'checked'],
];

describe('what was stored a moment ago', () => {
  it.each(TABLE)('%s, its %s, with %j', async (file, level, input, said) => {
    const look = await images.look(upTo(await stored(file), level), AbortSignal.timeout(20_000));
    expect(look.kind).toBe('found');
    const { refused, deferred } = checkInput({ input, capacity: { memory: 512 } }, level, look);
    expect(refused.length > 0 ? 'refused' : deferred ? 'deferred' : 'checked').toBe(said);
  });

  it('is missing where it was not', async () => {
    const uids = await stored('CT_small.dcm');
    const signal = AbortSignal.timeout(20_000);
    expect(await images.look({ ...uids, study_uid: '9' }, signal)).toEqual({ kind: 'missing', level: 'study' });
    expect(await images.look({ ...uids, series_uid: '9' }, signal)).toEqual({ kind: 'missing', level: 'series' });
    expect(await images.look({ ...uids, instance_uid: '9' }, signal)).toEqual({ kind: 'missing', level: 'instance' });
  });
});
