import type { Span } from '../rows.ts';
import { TooLarge, UnreadableDicom } from './unreadable.ts';

const HEADER = 8;
const ITEM = 0xe000fffe;
const END = 0xe0ddfffe;
/** A slide of a million tiles; the list of more would not fit beside an instance. */
const MOST_FRAGMENTS = 1_000_000;
const LARGEST_TABLE = 8 * 1_000_000;
/** A JPEG, JPEG-LS, JPEG 2000 or HTJ2K stream ends so; a padding byte may follow. */
const END_OF_IMAGE = [0xff, 0xd9];

/** One fragment: where it lies, and whether an image's end marker is at its end. */
interface Fragment {
  readonly span: Span;
  readonly endsImage: boolean;
}

/** The fragments of encapsulated pixel data (PS3.5 A.4), from bytes as they come: only headers, the offset table and last bytes are kept. */
export class FragmentStream {
  readonly start: number;
  #at: number;
  #rest: Buffer = Buffer.alloc(0);
  #left = 0;
  #table: Buffer[] | undefined = [];
  #offsets: readonly number[] = [];
  readonly #fragments: Fragment[] = [];
  #current: Span | undefined;
  #last: Buffer = Buffer.alloc(0);
  /** After the delimiter. */
  done = false;

  /** @param start where in the file the first item, the offset table, begins. */
  constructor(start: number) {
    this.start = start;
    this.#at = start;
  }

  /** Where the pixel data ends, its delimiter included. */
  get end(): number {
    return this.#at;
  }

  /** Takes what belongs to it and returns the rest. @throws {UnreadableDicom} */
  push(chunk: Buffer): Buffer {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = Buffer.alloc(0);
    while (!this.done) {
      if (this.#left > 0 || this.#current) {
        const taken = bytes.subarray(0, this.#left);
        this.#content(taken);
        bytes = bytes.subarray(taken.length);
        if (this.#left > 0) return bytes;
        this.#finishItem();
      }
      if (bytes.length < HEADER) {
        this.#rest = bytes;
        return Buffer.alloc(0);
      }
      this.#header(bytes.readUInt32LE(0), bytes.readUInt32LE(4));
      bytes = bytes.subarray(HEADER);
    }
    return bytes;
  }

  #header(tag: number, length: number): void {
    this.#at += HEADER;
    if (tag === END) {
      this.done = true;
      return;
    }
    if (tag !== ITEM || length === 0xffffffff) throw new UnreadableDicom('has encapsulated pixel data that breaks off, or is damaged');
    if (this.#table && length > LARGEST_TABLE) throw new TooLarge('has an offset table that is too large');
    if (this.#fragments.length >= MOST_FRAGMENTS) throw new TooLarge(`has more than ${MOST_FRAGMENTS} fragments of pixel data`);
    this.#current = [this.#at, length];
    this.#left = length;
  }

  #content(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#at += bytes.length;
    this.#left -= bytes.length;
    if (this.#table) this.#table.push(Buffer.from(bytes));
    else this.#last = Buffer.concat([this.#last, bytes.subarray(-3)]).subarray(-3);
  }

  #finishItem(): void {
    const span = this.#current as Span;
    this.#current = undefined;
    if (this.#table) {
      const table = Buffer.concat(this.#table);
      this.#offsets = Array.from({ length: Math.floor(table.length / 4) }, (_, index) => table.readUInt32LE(index * 4));
      this.#table = undefined;
      return;
    }
    const last = this.#last.lastIndexOf(END_OF_IMAGE[1] as number);
    this.#fragments.push({ span, endsImage: last > 0 && this.#last[last - 1] === END_OF_IMAGE[0] });
    this.#last = Buffer.alloc(0);
  }

  /**
   * The fragments of each frame: by the extended offset table, the basic one, one each, all for one frame, or by their end markers.
   * Undefined where none of these fits the number of frames.
   *
   * @param extended values of (7FE0,0001), counted as the basic ones are: from the first byte after the table's item.
   */
  frames(count: number, extended: readonly number[] = []): readonly (readonly Span[])[] | undefined {
    const spans = this.#fragments.map(({ span }) => span);
    const first = spans[0]?.[0];
    if (first === undefined) return undefined;
    for (const offsets of [extended, this.#offsets]) {
      const found =
        offsets.length === count
          ? grouped(
              spans,
              offsets.map((offset) => first + offset),
            )
          : undefined;
      if (found) return found;
    }
    if (count === 1) return [spans];
    if (spans.length === count) return spans.map((span) => [span]);
    const byMarker: Span[][] = [[]];
    for (const { span, endsImage } of this.#fragments) {
      byMarker.at(-1)?.push(span);
      if (endsImage) byMarker.push([]);
    }
    if (byMarker.at(-1)?.length === 0) byMarker.pop();
    return byMarker.length === count ? byMarker : undefined;
  }
}

/** Fragments from one start to the next; undefined unless every start is that of a fragment. */
function grouped(spans: readonly Span[], starts: readonly number[]): readonly (readonly Span[])[] | undefined {
  const frame = new Map(starts.map((start, index) => [start, index]));
  const frames: Span[][] = [];
  for (const span of spans) {
    const index = frame.get(span[0]);
    if (index === frames.length) frames.push([]);
    else if (index !== undefined) return undefined;
    frames.at(-1)?.push(span);
  }
  return frames.length === starts.length ? frames : undefined;
}
