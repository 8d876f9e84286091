/** Every file that pydicom ships, stored by STOW and read back by dicomweb_client: the same bytes, attributes and pixels. */
import { basename } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { createImageStore } from './app.ts';
import { awsPorts } from './aws.ts';
import { StowClient } from './stow-client.ts';
import { EmulatedPlace } from './testing/emulated.ts';
import { knownFiles, python } from './testing/known-files.ts';

let emulator: TestEmulator;
const apps: FastifyInstance[] = [];
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.close()));
  await emulator.stop();
});

interface Store {
  readonly url: string;
  readonly key: string;
  readonly client: StowClient;
}

async function openStore(): Promise<Store> {
  const place = await EmulatedPlace.make(emulator.connection);
  const app = createImageStore(awsPorts(place.scope, { imagesKey: place.imagesKey, connection: emulator.connection }), {
    imagesKey: place.imagesKey,
    workersKey: place.workersKey,
    maxInstanceBytes: 1e9,
    logLevel: 'silent',
  });
  apps.push(app);
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/dicomweb`;
  return { url, key: place.key, client: new StowClient({ url, key: place.key }) };
}

/** A sample of every encoding, maker and oddity; all of them in the full run. */
const SAMPLE =
  /^(CT_small|MR_small.*|693_.*|J2K_.*|JPEG.*|JPGExtended|SC_rgb_(rle|small_odd|jpeg|dcmtk|jls|gdcm).*|SC_ybr.*|ExplVR_BigEnd|liver.*|rtdose.*|emri_.*|image_dfl|OBXXXX1A.*|color-pl|explicit_VR-UN|vlut_04|mlut_18|gdcm-US.*|waveform_ecg|reportsi|badVR|bad_sequence|chrH31|nested_priv_SQ|UN_sequence|examples_(palette|overlay|ybr_color))\.dcm$/;
const FILES = knownFiles().filter((file) => process.env.MIP_TEST_FULL !== undefined || SAMPLE.test(basename(file)));

const NO_STUDY = 'has no valid study UID';
const DAMAGED = '406 This cannot be sent in the form asked for: a frame is not what its transfer syntax says, or is damaged.';

/** What cannot be stored, or not be decoded, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  'bad_sequence.dcm': NO_STUDY,
  'emri_small_jpeg_2k_lossless_too_short.dcm': 'it is truncated: its pixel data, or other bulk data, breaks off',
  'JPEGLSNearLossless_08.dcm': NO_STUDY,
  'JPEGLSNearLossless_16.dcm': NO_STUDY,
  'SC_rgb_jls_lossy_line.dcm': NO_STUDY,
  'SC_rgb_jls_lossy_sample.dcm': NO_STUDY,
  'SC_rgb_jpeg.dcm': 'is not written in the transfer syntax that it names',
  'UN_sequence.dcm': NO_STUDY,
  'nested_priv_SQ.dcm': NO_STUDY,
  'JPEG2000-embedded-sequence-delimiter.dcm': DAMAGED,
};

describe('files that pydicom ships', () => {
  it('come back as they were, or are refused with a reason', async () => {
    const stores: Store[] = [];
    const requests: { url: string; key: string; path: string }[] = [];
    const refused: Record<string, string> = {};
    for (const path of FILES) await storeSomewhere(path);
    const answers = await python<{ refused: string | null; problems: string[] }>('read_back.py', requests);
    const problems: Record<string, string[]> = {};
    for (const [index, { path }] of requests.entries()) {
      const answer = answers[index];
      if (answer?.refused) refused[basename(path)] = answer.refused;
      if (answer?.problems.length !== 0) problems[basename(path)] = answer?.problems ?? [];
    }
    console.log(
      `${FILES.length} files, ${requests.length} stored and read back, ${Object.keys(refused).length} refused as a whole or in part`,
    );
    expect(problems).toEqual({});
    const known = Object.entries(REFUSED).filter(([name]) => FILES.some((file) => basename(file) === name));
    expect(refused).toEqual(Object.fromEntries(known));

    /** Many of these files share their UIDs: each goes to the first store that has no other of them. */
    async function storeSomewhere(path: string): Promise<void> {
      for (let number = 0; ; number++) {
        const store = stores[number] ?? (stores[number] = await openStore());
        try {
          const [outcome] = await store.client.store([path]);
          if (outcome?.refused?.reason === 0x0111) continue;
          if (outcome?.refused) refused[basename(path)] = outcome.refused.message;
          else requests.push({ url: store.url, key: store.key, path });
        } catch (error) {
          refused[basename(path)] = (error as Error).message;
        }
        return;
      }
    }
  }, 300_000);
});
