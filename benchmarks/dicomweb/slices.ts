/** A CT series of 200 slices of 512 KB, as files in memory; each round of the benchmark has a series of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { replaceAll } from '@mip/image-store/testing/slices';
import { ROOT } from '../catalog-of.ts';

export const SLICES = 200;
export const PIXEL_BYTES = 512 * 512 * 2;

/** Digits that a round and a slice put in their places, of the same length, so that nothing else in the file moves. */
const ROUND = '7777777';
const SLICE = '8888';
const ROOT_UID = '1.2.826.0.1.3680043.8.498';

const SCRIPT = `
import io, sys, numpy as np, pydicom
from pydicom.data import get_testdata_file
ct = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
ct.StudyInstanceUID = "${ROOT_UID}.1.${ROUND}"
ct.SeriesInstanceUID = "${ROOT_UID}.2.${ROUND}"
ct.SOPInstanceUID = ct.file_meta.MediaStorageSOPInstanceUID = "${ROOT_UID}.3.${ROUND}.${SLICE}"
ct.InstanceNumber = "${SLICE}"
ct.Rows = ct.Columns = 512
noise = np.random.default_rng(7).integers(0, 4096, (512, 512), dtype=np.int16)
ct.PixelData = noise.tobytes()
out = io.BytesIO()
ct.save_as(out, enforce_file_format=True)
sys.stdout.buffer.write(out.getvalue())
`;

export interface SeriesUids {
  readonly study: string;
  readonly series: string;
  instance(slice: number): string;
}

/** The series of one round. */
export class Slices {
  readonly #template: Buffer;

  private constructor(template: Buffer) {
    this.#template = template;
  }

  static make(): Slices {
    const done = spawnSync(join(ROOT, '.venv/bin/python'), ['-c', SCRIPT], { maxBuffer: 1 << 22 });
    if (done.status !== 0) throw new Error(String(done.stderr));
    return new Slices(done.stdout);
  }

  uids(round: number): SeriesUids {
    const uid = (level: number) => `${ROOT_UID}.${level}.${roundDigits(round)}`;
    return { study: uid(1), series: uid(2), instance: (slice) => `${uid(3)}.${sliceDigits(slice)}` };
  }

  file(round: number, slice: number): Buffer {
    const header = Buffer.from(this.#template.subarray(0, -PIXEL_BYTES));
    replaceAll(header, ROUND, roundDigits(round));
    replaceAll(header, SLICE, sliceDigits(slice));
    return Buffer.concat([header, this.#template.subarray(-PIXEL_BYTES)]);
  }

  files(round: number): readonly Buffer[] {
    return Array.from({ length: SLICES }, (_, slice) => this.file(round, slice));
  }
}

function roundDigits(round: number): string {
  return String(round).padStart(ROUND.length, '1');
}

function sliceDigits(slice: number): string {
  return String(1000 + slice);
}
