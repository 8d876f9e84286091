import dicomParser, { type ByteArrayParser, type ByteStream, type Element } from 'dicom-parser';
import { FragmentStream } from './fragments.ts';
import { TooLarge, UnreadableDicom } from './unreadable.ts';
import { BINARY, INLINE_BYTES, representation, sequenceOrNot } from './values.ts';

/** What is read besides pixels and bulk data is held until it is complete, at most this much. */
const MOST_HELD = 16 * 1024 * 1024;
const EMPTY = Buffer.alloc(0);
const PIXEL_DATA = 'x7fe00010';
/** Tag, value representation, two reserved bytes, length. */
const LONGEST_HEADER = 12;
/** dicom-parser's words where a sequence or an item of undefined length breaks off; it warns, and returns what there is. */
const BROKEN_OFF = /eof encountered before finding (?!sequence item tag)/;

export interface Syntax {
  readonly implicit: boolean;
  readonly bigEndian: boolean;
}

export interface Handler {
  /** A whole element; offsets are into `bytes`, which begins at `base` of the file. */
  element(element: Element, bytes: Buffer, base: number): void;
  /** A binary too large to be held; offsets are into the file. */
  bulk(element: Element): void;
  /** Encapsulated pixels, after their delimiter. */
  encapsulated(element: Element, fragments: FragmentStream): void;
  /** Whether the data set ends before an element of this group. */
  endsBefore?(group: number): boolean;
}

interface Whole {
  readonly element: Element;
  readonly end: number;
}

/** dicom-parser's types leave it out. */
const { bigEndianByteArrayParser } = dicomParser as unknown as { bigEndianByteArrayParser: ByteArrayParser };

function isBulk(header: Element): boolean {
  return header.length > INLINE_BYTES && BINARY.has(representation(header, { signed: false }));
}

/** Elements of a data set, one after another, from bytes as they come: holds one element at a time, and of pixels and bulk data nothing. */
export class ElementStream {
  readonly #syntax: Syntax;
  readonly #handler: Handler;
  #pending: Buffer[] = [];
  #held = 0;
  #wanted = 8;
  #base: number;
  #skip = 0;
  #encapsulated: { readonly element: Element; readonly fragments: FragmentStream } | undefined;
  #lastTag = '';
  #pixelsSeen = false;
  /** What follows is padding: its bytes are let pass. */
  #over = false;
  /** What came after `endsBefore`; undefined before it. */
  rest: Buffer | undefined;

  /** @param base where in the file the data set begins. */
  constructor(syntax: Syntax, handler: Handler, base: number) {
    this.#syntax = syntax;
    this.#handler = handler;
    this.#base = base;
  }

  /** Where in the file the next element begins. */
  get position(): number {
    return this.#base;
  }

  /** @throws {UnreadableDicom | TooLarge} */
  push(chunk: Buffer): void {
    let bytes = chunk;
    while (bytes.length > 0 && !this.#over) {
      if (this.#skip > 0) bytes = this.#pass(bytes);
      else if (this.#encapsulated) bytes = this.#fragments(bytes, this.#encapsulated);
      else {
        this.#pending.push(bytes);
        this.#held += bytes.length;
        if (this.#held < this.#wanted) return;
        const all = this.#pending.length === 1 ? bytes : Buffer.concat(this.#pending);
        this.#pending = [];
        this.#held = 0;
        bytes = this.#read(all, false);
      }
    }
  }

  /** No more comes. @throws {UnreadableDicom} when something is missing. */
  end(): void {
    if (this.#over || this.rest !== undefined) return;
    if (this.#skip > 0 || this.#encapsulated) throw new UnreadableDicom('is truncated: its pixel data, or other bulk data, breaks off');
    if (this.#held > 0) this.#read(Buffer.concat(this.#pending), true);
  }

  #pass(bytes: Buffer): Buffer {
    const passed = Math.min(this.#skip, bytes.length);
    this.#skip -= passed;
    this.#base += passed;
    return bytes.subarray(passed);
  }

  #fragments(bytes: Buffer, { element, fragments }: { element: Element; fragments: FragmentStream }): Buffer {
    const rest = fragments.push(bytes);
    if (!fragments.done) return EMPTY;
    this.#base = fragments.end;
    this.#encapsulated = undefined;
    this.#handler.encapsulated(element, fragments);
    return rest;
  }

  /** Reads elements until one is not complete, keeps what is needed for it, and returns what has to be skipped or taken otherwise. */
  #read(bytes: Buffer, last: boolean): Buffer {
    let at = 0;
    while (at < bytes.length) {
      if (bytes.length >= at + 2 && this.#handler.endsBefore?.(bytes.readUInt16LE(at))) return this.#stop(bytes.subarray(at), at);
      const header = this.#header(bytes, at);
      if (header === undefined) return this.#incomplete(bytes.subarray(at), { at, needed: 0, last });
      this.#checkSyntax(header);
      if (this.#isPadding(header.tag)) {
        this.#over = true;
        return EMPTY;
      }
      const { dataOffset, length } = header;
      if (header.tag === PIXEL_DATA && header.hadUndefinedLength) return this.#startPixels(header, bytes);
      if (!header.hadUndefinedLength && dataOffset + length > bytes.length) {
        if (isBulk(header)) return this.#startBulk(header, bytes);
        return this.#incomplete(bytes.subarray(at), { at, needed: dataOffset + length - at, last });
      }
      const whole = this.#element(bytes, at, header);
      if (whole === undefined) return this.#incomplete(bytes.subarray(at), { at, needed: 0, last });
      this.#seen(header.tag);
      this.#handler.element(whole.element, bytes, this.#base);
      at = whole.end;
    }
    this.#base += at;
    this.#wanted = 8;
    return EMPTY;
  }

  /** Some writers name one transfer syntax and use another; whoever reads such a file by its name reads nonsense. */
  #checkSyntax({ vr }: Element): void {
    if (this.#lastTag === '' && !this.#syntax.implicit && !/^[A-Z]{2}$/.test(vr ?? ''))
      throw new UnreadableDicom('is not written in the transfer syntax that it names');
  }

  #stop(rest: Buffer, at: number): Buffer {
    this.#base += at;
    this.#over = true;
    this.rest = rest;
    return EMPTY;
  }

  #startPixels(header: Element, bytes: Buffer): Buffer {
    this.#seen(header.tag);
    this.#encapsulated = { element: header, fragments: new FragmentStream(this.#base + header.dataOffset) };
    return bytes.subarray(header.dataOffset);
  }

  #startBulk(header: Element, bytes: Buffer): Buffer {
    this.#seen(header.tag);
    this.#handler.bulk({ ...header, dataOffset: this.#base + header.dataOffset });
    this.#base += header.dataOffset;
    this.#skip = header.length;
    return bytes.subarray(header.dataOffset);
  }

  /** Tags ascend; what comes after pixels and does not, or a run of zeros, is padding of the file (PS3.10 does not allow it; it is common). */
  #isPadding(tag: string): boolean {
    return tag.startsWith('x0000') || (this.#pixelsSeen && tag <= this.#lastTag);
  }

  #seen(tag: string): void {
    this.#lastTag = tag;
    if (tag.startsWith('x7fe0')) this.#pixelsSeen = true;
  }

  /** Keeps what is there until there is more; at the end there is no more. */
  #incomplete(bytes: Buffer, { at, needed, last }: { at: number; needed: number; last: boolean }): Buffer {
    this.#base += at;
    if (this.#pixelsSeen && (last || needed > MOST_HELD)) {
      this.#over = true; // padding
      return EMPTY;
    }
    if (last) throw new UnreadableDicom('is truncated, or damaged: an element breaks off');
    const wanted = needed || Math.max(bytes.length + LONGEST_HEADER, bytes.length > 64 ? bytes.length * 2 : 0);
    if (wanted > MOST_HELD) throw new TooLarge(`has an element of more than ${MOST_HELD / 1024 / 1024} MiB that is no bulk data`);
    this.#pending = [bytes];
    this.#held = bytes.length;
    this.#wanted = wanted;
    return EMPTY;
  }

  /** Tag, value representation and length, or undefined where the bytes end within. */
  #header(bytes: Buffer, at: number): Element | undefined {
    try {
      const tag = dicomParser.readTag(this.#stream(bytes, at));
      return this.#parse(this.#stream(bytes, at), tag);
    } catch {
      return undefined;
    }
  }

  /** The whole element with its items and where it ends, or undefined where the bytes end within. */
  #element(bytes: Buffer, at: number, header: Element): Whole | undefined {
    const known = header.hadUndefinedLength ? bytes.length : header.dataOffset + header.length;
    if (header.vr !== 'SQ' && !header.hadUndefinedLength) return { element: header, end: known };
    const stream = this.#stream(bytes.subarray(0, known), at);
    try {
      const element = this.#parse(stream);
      const broken = stream.warnings.some((warning) => BROKEN_OFF.test(warning)) || stream.position > known;
      // Without items, dicom-parser takes all there is where it finds no delimiter.
      const unlimited = header.hadUndefinedLength && !element.items && stream.position === known;
      return broken || unlimited ? undefined : { element, end: stream.position };
    } catch {
      return undefined;
    }
  }

  #stream(bytes: Buffer, at: number): ByteStream {
    const parser = this.#syntax.bigEndian ? bigEndianByteArrayParser : dicomParser.littleEndianByteArrayParser;
    return new dicomParser.ByteStream(parser, bytes, at);
  }

  #parse(stream: ByteStream, untilTag?: string): Element {
    return this.#syntax.implicit
      ? dicomParser.readDicomElementImplicit(stream, untilTag, sequenceOrNot)
      : dicomParser.readDicomElementExplicit(stream, stream.warnings, untilTag);
  }
}
