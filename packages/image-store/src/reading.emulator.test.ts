/** Every file that pydicom ships, stored by STOW and read back by dicomweb_client: the same bytes, attributes and pixels. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { FULL } from '../../../tests/full.ts';
import { readUids } from './header.ts';
import { StowClient } from './stow-client.ts';
import { EmulatedPlace } from './testing/emulated.ts';
import { knownFile, knownFiles, PYTHON, python } from './testing/known-files.ts';

let emulator: TestEmulator;
const places: EmulatedPlace[] = [];
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(async () => {
  for (const place of places) await place.close();
  await emulator.stop();
});

interface Store {
  readonly url: string;
  readonly key: string;
  readonly client: StowClient;
}

async function openStore(): Promise<Store> {
  const place = await EmulatedPlace.make(emulator.connection);
  places.push(place);
  const url = await place.serve();
  return { url, key: place.key, client: new StowClient({ url, key: place.key }) };
}

/** A sample of every encoding, maker and oddity; all of them in the full run. */
const SAMPLE =
  /^(CT_small|MR_small(_RLE|_bigendian|_implicit|_jp2klossless|_jpeg_ls_lossless|_padded)?|MR_truncated|693_J2KI|J2K_.*|JPEG.*|JPGExtended|SC_rgb_(rle_.*2frame|small_odd.*|jpeg_dcmtk|jpeg_gdcm|dcmtk_.eb.c[ry].n?p?|jls.*|gdcm_KY)|SC_ybr_full_422.*|ExplVR_BigEnd|liver(_expb)?|rtdose(_expb|_rle)?|emri_small.*|image_dfl|OBXXXX1A_(expb|rle_2frame)|color-pl|explicit_VR-UN|mlut_18|gdcm-US-ALOKA-16_big|waveform_ecg|reportsi|badVR|bad_sequence|chrH31|nested_priv_SQ|UN_sequence|examples_ybr_color)\.dcm$/;
const FILES = knownFiles().filter((file) => FULL || SAMPLE.test(basename(file)));

const TRUNCATED = 'it is truncated: its pixel data, or other bulk data, breaks off';
const NO_FILE = 'is not a DICOM file (no "DICM" after the preamble)';
const NO_PIXELS = 'it is truncated: it describes pixels but has none';
const NO_STUDY = 'has no valid study UID';
const OTHER_SIZE = '406 This cannot be sent in the form asked for: a frame has another size than its attributes say.';

/** What cannot be stored, or not be decoded, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  'bad_sequence.dcm': NO_STUDY,
  'emri_small_jpeg_2k_lossless_too_short.dcm': TRUNCATED,
  'MR_truncated.dcm': TRUNCATED,
  'JPEGLSNearLossless_08.dcm': NO_STUDY,
  'JPEGLSNearLossless_16.dcm': NO_STUDY,
  'SC_rgb_jls_lossy_line.dcm': NO_STUDY,
  'SC_rgb_jls_lossy_sample.dcm': NO_STUDY,
  'SC_rgb_jpeg.dcm': 'is not written in the transfer syntax that it names',
  'UN_sequence.dcm': NO_STUDY,
  'nested_priv_SQ.dcm': NO_STUDY,
  'ExplVR_BigEndNoMeta.dcm': NO_FILE,
  'ExplVR_LitEndNoMeta.dcm': NO_FILE,
  'OT-PAL-8-face.dcm': NO_FILE,
  'no_meta.dcm': NO_FILE,
  'rtstruct.dcm': NO_FILE,
  'chrJapMulti.dcm': NO_PIXELS,
  'chrJapMultiExplicitIR6.dcm': NO_PIXELS,
  'chrKoreanMulti.dcm': NO_PIXELS,
  'chrSQEncoding.dcm': NO_STUDY,
  'chrSQEncoding1.dcm': NO_STUDY,
  'empty_charset_LEI.dcm': NO_STUDY,
  'no_meta_group_length.dcm': NO_STUDY,
  'priv_SQ.dcm': NO_STUDY,
  'meta_missing_tsyntax.dcm': 'does not say its transfer syntax',
  'rtplan_truncated.dcm': 'it is truncated, or damaged: an element breaks off',
  'JPEG2000-embedded-sequence-delimiter.dcm': OTHER_SIZE,
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
        const store = stores[number] ?? (await openStore());
        stores[number] = store;
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

describe('the command dicomweb_client', () => {
  it('stores, searches and retrieves a study, a series and an instance', async () => {
    const { url, key } = await openStore();
    const folder = mkdtempSync(join(tmpdir(), 'dicomweb-'));
    const run = async (...args: string[]) =>
      (await promisify(execFile)(join(dirname(PYTHON), 'dicomweb_client'), ['--url', url, '--bearer-token', key, ...args])).stdout;
    const file = knownFile('MR_small_RLE.dcm');
    const { study, series, instance } = await readUids(readFileSync(file));
    const paths = [[], ['--series', series], ['--series', series, '--instance', instance]];
    try {
      await run('store', 'instances', file);
      const found = JSON.parse(await run('search', 'studies', '--filter', `StudyInstanceUID=${study}`)) as Record<
        string,
        { Value: unknown[] }
      >[];
      expect(found.map((one) => one['0020000D']?.Value)).toEqual([[study]]);
      for (const [index, level] of ['studies', 'series', 'instances'].entries()) {
        const output = join(folder, level);
        mkdirSync(output);
        const answer = await run('retrieve', level, '--study', study, ...(paths[index] ?? []), 'metadata');
        expect(answer).toContain(instance);
        await run('retrieve', level, '--study', study, ...(paths[index] ?? []), 'full', '--save', '--output-dir', output);
        expect(readdirSync(output)).toHaveLength(1);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);
});
