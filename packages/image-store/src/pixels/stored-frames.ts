import type { Readable } from 'node:stream';
import { swapped } from '../part10/explicit.ts';
import type { InstanceRow, Span, StoredMetadata } from '../rows.ts';
import { type ByteSource, Unreadable } from './byte-source.ts';
import { decodedFormat, frameBits, type PixelFormat, readFormat, Undecodable } from './format.ts';
import type { PixelPool } from './pool.ts';
import { type Codec, codecOf, isNative } from './syntaxes.ts';

/** The largest frame that is brought into memory, as stored and as decoded. */
export const MAX_FRAME_BYTES = 96 * 1024 * 1024;

/** The frames of one instance, read by ranges, one at a time. Frames are counted from 0 here. */
export class StoredFrames {
  /** As the attributes of the stored data set say. */
  readonly format: PixelFormat;
  readonly count: number;
  readonly transferSyntax: string;
  /** What decodes the frames; undefined where they are numbers as they are, or nothing here decodes them. */
  readonly codec: Codec | undefined;
  readonly #source: ByteSource;
  readonly #span: Span;
  readonly #fragments: readonly (readonly Span[])[] | undefined;

  /** @throws {Undecodable} without pixels, or where their attributes make no sense. */
  constructor(row: Pick<InstanceRow, 'transfer_syntax'>, metadata: StoredMetadata, source: ByteSource) {
    const { pixels } = metadata;
    if (!pixels) throw new Undecodable('it has no pixels');
    this.format = readFormat(metadata.dataset, pixels.tag);
    this.transferSyntax = row.transfer_syntax;
    this.codec = codecOf(row.transfer_syntax);
    this.count = pixels.frames?.length ?? this.format.frames;
    this.#source = source;
    this.#span = pixels.span;
    this.#fragments = pixels.frames;
  }

  /** Whether the frames are numbers as they lie in the file. */
  get native(): boolean {
    return isNative(this.transferSyntax);
  }

  /** @throws {Undecodable} if frames of this transfer syntax, or of this size, cannot be decoded here. */
  checkDecodable(): void {
    if (!this.native && !this.codec)
      throw new Undecodable('its transfer syntax is one that this store keeps and returns, but does not decode');
    if (this.codec && this.format.bitsAllocated === 1)
      throw new Undecodable('single bits in an encapsulated encoding are not decoded here');
    if (frameBits(this.format) / 8 > MAX_FRAME_BYTES) throw new Undecodable('its frames are too large to be decoded here');
    if (this.native && this.#span[1] * 8 < frameBits(this.format) * this.count) {
      throw new Undecodable('its pixel data is shorter than its attributes say');
    }
  }

  /** A frame as it was stored: numbers little-endian and from a whole byte, or one codestream. */
  async stored(index: number): Promise<Buffer> {
    const fragments = this.#fragments?.[index];
    if (fragments) return this.#codestream(fragments);
    if (!this.native) throw new Undecodable('its frames cannot be told apart');
    return this.#numbers(index);
  }

  /** A native frame that needs no change, without gathering it; undefined for all others. */
  async streamed(index: number): Promise<Readable | undefined> {
    const bits = frameBits(this.format);
    if (!this.native || this.#bigEndian || bits % 8 !== 0 || (this.format.bitsAllocated === 1 && (index * bits) % 8 !== 0))
      return undefined;
    return this.#source.stream([this.#span[0] + (index * bits) / 8, bits / 8]);
  }

  /** A frame as numbers, little-endian: as `plainFormat` describes it. @throws {Undecodable} */
  async plain(index: number, pool: Pick<PixelPool, 'decode'>): Promise<Buffer> {
    const frame = await this.stored(index);
    return this.codec ? pool.decode({ frame, codec: this.codec, format: this.format }) : frame;
  }

  /** All native frames as they lie side by side, little-endian: those of single bits may share a byte. */
  async *numbers(): AsyncGenerator<Buffer> {
    const word = this.#wordBytes();
    let left = Math.ceil((frameBits(this.format) * this.count) / 8);
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of await this.#source.stream(this.#span)) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : (chunk as Buffer);
      const whole = bytes.length - (bytes.length % word);
      const ordered = word > 1 ? swapped(bytes.subarray(0, whole), word) : bytes.subarray(0, whole);
      if (left > 0 && whole > 0) yield ordered.subarray(0, left);
      left -= Math.min(whole, left);
      rest = bytes.subarray(whole);
    }
    if (left > 0) throw new Unreadable('the object of an instance ended early');
  }

  get plainFormat(): PixelFormat {
    return this.codec ? decodedFormat(this.format) : this.format;
  }

  get #bigEndian(): boolean {
    return this.transferSyntax === '1.2.840.10008.1.2.2';
  }

  /** One range from the first fragment to the last, less the item headers between them. */
  async #codestream(fragments: readonly Span[]): Promise<Buffer> {
    const [first, last] = [fragments[0], fragments.at(-1)];
    if (!first || !last) throw new Undecodable('a frame is empty');
    const length = last[0] + last[1] - first[0];
    if (length > MAX_FRAME_BYTES) throw new Undecodable('its frames are too large to be decoded here');
    const bytes = await this.#source.read([first[0], length]);
    if (fragments.length === 1) return bytes;
    return Buffer.concat(fragments.map(([offset, size]) => bytes.subarray(offset - first[0], offset - first[0] + size)));
  }

  async #numbers(index: number): Promise<Buffer> {
    const bits = frameBits(this.format);
    const word = this.#wordBytes();
    const start = index * bits;
    // To whole words, whose bytes change places before any of them is a frame's.
    const from = Math.floor(start / 8 / word) * word;
    const to = Math.min(Math.ceil((start + bits) / 8 / word) * word, this.#span[1]);
    const bytes = await this.#source.read([this.#span[0] + from, to - from]);
    const ordered = word > 1 ? swapped(bytes, word) : bytes;
    return aligned(ordered, start - from * 8, bits);
  }

  /** Big-endian numbers are swapped as what they are; bytes and bits in OW lie in words of 16 bits: PS3.5 §8.1.1, §A.3. */
  #wordBytes(): number {
    const { bitsAllocated, vr } = this.format;
    if (!this.#bigEndian) return 1;
    if (bitsAllocated > 8) return bitsAllocated / 8;
    return vr === 'OW' ? 2 : 1;
  }
}

/** Bits from `start` on, from the lowest bit of the first byte; unused bits at the end are 0. */
export function aligned(bytes: Buffer, start: number, bits: number): Buffer {
  const [skip, shift] = [start >> 3, start & 7];
  const length = Math.ceil(bits / 8);
  if (shift === 0 && bits % 8 === 0) return bytes.subarray(skip, skip + length);
  const result = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    const pair = (bytes[skip + i] ?? 0) | ((bytes[skip + i + 1] ?? 0) << 8);
    result[i] = pair >> shift;
  }
  if (bits % 8 !== 0) result[length - 1] = (result[length - 1] ?? 0) & ((1 << (bits % 8)) - 1);
  return result;
}
