/** Decoding in threads: what is damaged ends as a refusal, and the threads go on. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FULL } from '../../../../tests/full.ts';
import { knownFile, readInstance } from '../testing/known-files.ts';
import { readFormat, Undecodable } from './format.ts';
import { type DecodeTask, PixelPool } from './pool.ts';
import { aligned } from './stored-frames.ts';
import { codecOf } from './syntaxes.ts';

// A few bits that are wrong can make a decoder run for ever.
const pool = new PixelPool(2, 10_000);
afterAll(() => pool.close());

async function taskOf(name: string): Promise<DecodeTask> {
  const file = readFileSync(knownFile(`${name}.dcm`));
  const { metadata, transferSyntax } = await readInstance(file);
  const spans = metadata.pixels?.frames?.[0] ?? [];
  const codec = codecOf(transferSyntax);
  if (!codec) throw new Error(`${name} is not encapsulated`);
  const frame = Buffer.concat(spans.map(([offset, length]) => file.subarray(offset, offset + length)));
  return { frame, codec, format: readFormat(metadata.dataset, '7FE00010') };
}

describe('a damaged frame', () => {
  it.each(['MR_small_RLE', 'SC_rgb_dcmtk_+eb+cr', 'JPGExtended', 'SC_rgb_jpeg_gdcm', 'MR_small_jpeg_ls_lossless', 'MR_small_jp2klossless'])(
    'of %s is decoded to something, or refused; the next one is right',
    async (name) => {
      const task = await taskOf(name);
      const whole = await pool.decode(task);
      const damage = fc.record({
        at: fc.nat(task.frame.length - 1),
        byte: fc.nat(255),
        length: fc.integer({ min: 0, max: task.frame.length }),
      });
      await fc.assert(
        fc.asyncProperty(damage, async ({ at, byte, length }) => {
          const frame = Buffer.from(task.frame.subarray(0, length));
          if (at < length) frame[at] = byte;
          const outcome = await pool.decode({ ...task, frame }).catch((error: unknown) => error);
          expect(outcome instanceof Undecodable || (outcome as Buffer).length === whole.length).toBe(true);
        }),
        { numRuns: FULL ? 100 : 8 },
      );
      expect((await pool.decode(task)).equals(whole)).toBe(true);
    },
    120_000,
  );

  it.each(['SC_rgb_dcmtk_+eb+cr', 'MR_small_jpeg_ls_lossless', 'MR_small_jp2klossless', 'MR_small_RLE'])(
    'of %s is refused where its size is not what the attributes say',
    async (name) => {
      const task = await taskOf(name);
      // What an RLE segment has too much is padding.
      for (const more of task.codec === 'decodeRle' ? [1] : [-1, 1]) {
        const rows = task.format.rows + more;
        await expect(pool.decode({ ...task, format: { ...task.format, rows } })).rejects.toThrow(Undecodable);
      }
    },
  );
});

describe('frames of single bits', () => {
  it('start where the one before ends', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 200 }), fc.nat(199), (bits, start) => {
        const bytes = Buffer.alloc(Math.ceil(bits.length / 8) + 1);
        for (const [at, bit] of bits.entries()) if (bit) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7));
        const from = start % bits.length;
        const frame = aligned(bytes, from, bits.length - from);
        const read = Array.from({ length: frame.length * 8 }, (_, at) => (((frame[at >> 3] ?? 0) >> (at & 7)) & 1) === 1);
        expect(read.slice(0, bits.length - from)).toEqual(bits.slice(from));
        expect(read.slice(bits.length - from)).not.toContain(true);
      }),
    );
  });
});
