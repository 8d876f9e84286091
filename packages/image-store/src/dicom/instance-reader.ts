import { createInflateRaw, type InflateRaw } from 'node:zlib';
import type { Element } from 'dicom-parser';
import type { Span, StoredMetadata } from '../rows.ts';
import { UID } from '../uid.ts';
import { ElementStream, type Handler, type Syntax } from './element-stream.ts';
import type { FragmentStream } from './fragments.ts';
import type { JsonDataSet, JsonElement } from './json.ts';
import { trimPadding } from './text.ts';
import { TooLarge, UnreadableDicom } from './unreadable.ts';
import { asBulk, characterSetOf, isSigned, representation, type Scope, tagOf, toJson, utf8 } from './values.ts';

/** The UIDs by which an instance is found: PS3.3 Study, Series and SOP Instance UID. */
export interface InstanceUids {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

const PREAMBLE = 128;
const MAGIC = 'DICM';
const UID_TAGS = { study: '0020000D', series: '0020000E', instance: '00080018' } as const;
const IMPLICIT = '1.2.840.10008.1.2';
const BIG_ENDIAN = '1.2.840.10008.1.2.2';
/** Deflated Explicit VR Little Endian, and JPIP's. */
const DEFLATED = new Set(['1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.4.95']);
const PIXELS: ReadonlySet<string> = new Set(['7FE00010', '7FE00008', '7FE00009']);
/** Rows, columns, bits: who has these has pixels, or says where they are (Pixel Data Provider URL). */
const DESCRIBES_PIXELS = ['00280010', '00280011', '00280100'];
/** Transfer syntaxes that say how pixels are compressed. */
const ENCAPSULATED = /^1\.2\.840\.10008\.1\.2\.(4\.|5$|6\.|7\.|8\.)/;
const PROVIDER = '00287FE0';
/** A file that unpacks to more is no image. */
const LARGEST_INFLATED = 4 * 1024 ** 3;
const FILE_META: Syntax = { implicit: false, bigEndian: false };

/**
 * Reads one DICOM Part 10 file as it passes by: its UIDs, its data set as DICOM JSON, and where its pixels and bulk data lie. Neither pixels
 * nor bulk data are held.
 */
/** As it is being read. */
type Written = Record<string, JsonElement>;

export class InstanceReader {
  #preamble: Buffer | undefined = Buffer.alloc(0);
  #meta: ElementStream | undefined;
  #dataSet: ElementStream | undefined;
  #inflate: InflateRaw | undefined;
  #inflated = 0;
  #failure: unknown;
  #syntax: Syntax = FILE_META;
  #deflatedFrom: number | undefined;
  readonly #metaJson: Written = {};
  readonly #dataset: Written = {};
  readonly #bulk: Record<string, Span> = {};
  #characterSet: string | undefined;
  #signed = false;
  #extendedOffsets: readonly number[] = [];
  #pixels: StoredMetadata['pixels'];

  /** Takes the next bytes; a promise where more must wait, as for what is inflated. @throws {UnreadableDicom | TooLarge} */
  push(chunk: Buffer): Promise<void> | undefined {
    let bytes = chunk;
    if (this.#preamble) {
      this.#preamble = Buffer.concat([this.#preamble, bytes]);
      if (this.#preamble.length < PREAMBLE + MAGIC.length) return undefined;
      bytes = this.#start(this.#preamble);
    }
    if (!this.#dataSet) {
      this.#meta?.push(bytes);
      const rest = this.#meta?.rest;
      if (rest === undefined) return undefined;
      this.#startDataSet();
      bytes = rest;
    }
    return this.#data(bytes);
  }

  /** No more comes. @throws {UnreadableDicom} when something is missing. */
  async end(): Promise<void> {
    if (this.#preamble) throw new UnreadableDicom(this.#preamble.length === 0 ? 'is empty' : 'is not a DICOM file: it is too short');
    if (!this.#dataSet) this.#meta?.end();
    if (!this.#dataSet) throw new UnreadableDicom('is truncated: it ends before its data set');
    if (this.#inflate) await this.#finishInflating(this.#inflate);
    this.#dataSet.end();
  }

  /** After `end`: a file that was cut right before its pixels looks whole. @throws {UnreadableDicom} */
  checkPixels(): void {
    if (this.#pixels || this.#dataset[PROVIDER]) return;
    if (ENCAPSULATED.test(this.transferSyntax) || DESCRIBES_PIXELS.every((tag) => this.#dataset[tag]?.Value))
      throw new UnreadableDicom('is truncated: it describes pixels but has none');
  }

  /** Frees what inflates; for a file that is given up. */
  destroy(): void {
    this.#inflate?.destroy();
  }

  /** @throws {UnreadableDicom} when one is missing or malformed, so far. */
  get uids(): InstanceUids {
    const read = (level: keyof typeof UID_TAGS) => {
      const uid = firstText(this.#dataset, UID_TAGS[level]);
      if (!UID.test(uid)) throw new UnreadableDicom(`has no valid ${level === 'instance' ? 'SOP instance' : level} UID`);
      return uid;
    };
    return { study: read('study'), series: read('series'), instance: read('instance') };
  }

  /** What was read of the SOP class UID, also of a file that turned out unreadable. */
  get sopClass(): string {
    return firstText(this.#dataset, '00080016') || firstText(this.#metaJson, '00020002');
  }

  get transferSyntax(): string {
    return firstText(this.#metaJson, '00020010');
  }

  /** All of it; call it after `end`. */
  get metadata(): StoredMetadata {
    return {
      dataset: this.#dataset,
      bulk: this.#bulk,
      ...(this.#deflatedFrom !== undefined && { deflated_from: this.#deflatedFrom }),
      ...(this.#syntax.bigEndian && { big_endian: true as const }),
      ...(this.#pixels && { pixels: this.#pixels }),
    };
  }

  #start(bytes: Buffer): Buffer {
    if (bytes.toString('latin1', PREAMBLE, PREAMBLE + MAGIC.length) !== MAGIC)
      throw new UnreadableDicom('is not a DICOM file (no "DICM" after the preamble)');
    this.#preamble = undefined;
    const base = PREAMBLE + MAGIC.length;
    this.#meta = new ElementStream(FILE_META, { ...this.#handler(this.#metaJson, FILE_META), endsBefore: (group) => group !== 2 }, base);
    return bytes.subarray(base);
  }

  #startDataSet(): void {
    const syntax = this.transferSyntax;
    if (!UID.test(syntax)) throw new UnreadableDicom('does not say its transfer syntax');
    this.#syntax = { implicit: syntax === IMPLICIT, bigEndian: syntax === BIG_ENDIAN };
    const position = this.#meta?.position ?? 0;
    if (DEFLATED.has(syntax)) {
      this.#deflatedFrom = position;
      this.#inflate = this.#startInflating();
    }
    this.#dataSet = new ElementStream(this.#syntax, this.#handler(this.#dataset, this.#syntax), this.#inflate ? 0 : position);
  }

  #data(bytes: Buffer): Promise<void> | undefined {
    if (!this.#inflate) {
      this.#dataSet?.push(bytes);
      return undefined;
    }
    const inflate = this.#inflate;
    return new Promise((resolve, reject) => {
      const settle = () => {
        inflate.off('close', settle);
        if (this.#failure === undefined) resolve();
        else reject(this.#failure);
      };
      if (this.#failure !== undefined || inflate.destroyed) return settle();
      inflate.once('close', settle); // one that fails calls nobody back
      inflate.write(bytes, settle);
    });
  }

  #startInflating(): InflateRaw {
    const inflate = createInflateRaw();
    const fail = (error: unknown) => {
      this.#failure ??= error;
      inflate.destroy();
    };
    inflate.on('error', () => fail(new UnreadableDicom('has a deflated data set that cannot be inflated')));
    inflate.on('data', (bytes: Buffer) => {
      if (this.#failure !== undefined) return;
      this.#inflated += bytes.length;
      try {
        if (this.#inflated > LARGEST_INFLATED) throw new TooLarge('has a deflated data set that is too large');
        this.#dataSet?.push(bytes);
      } catch (error) {
        fail(error);
      }
    });
    return inflate;
  }

  async #finishInflating(inflate: InflateRaw): Promise<void> {
    if (this.#failure === undefined && !inflate.destroyed) {
      const closed = new Promise<void>((resolve) => inflate.once('close', resolve));
      inflate.end();
      await closed;
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #handler(json: Written, syntax: Syntax): Handler {
    return {
      element: (element, bytes, base) => this.#element(json, element, this.#scope(syntax, bytes, base)),
      bulk: (element) => {
        const scope = this.#scope(syntax, Buffer.alloc(0), 0);
        this.#binary(json, representation(element, scope), element, [element.dataOffset, element.length]);
      },
      encapsulated: (element, fragments) => this.#encapsulated(json, element, fragments),
    };
  }

  #scope({ bigEndian }: Syntax, bytes: Buffer, base: number): Scope {
    return { bytes, base, bigEndian, characterSet: this.#characterSet, signed: this.#signed, path: '', depth: 0, bulk: this.#bulk };
  }

  #element(json: Written, element: Element, scope: Scope): void {
    const tag = tagOf(element);
    const { dataOffset, length } = element;
    if (PIXELS.has(tag)) {
      this.#binary(json, representation(element, scope), element, [scope.base + dataOffset, length]);
      return;
    }
    if (tag === '00080005') this.#characterSet = characterSetOf(element, scope.bytes);
    if (tag === '00280103' && length >= 2) this.#signed = isSigned(element, scope);
    if (tag === '7FE00001') this.#extendedOffsets = offsets(scope.bytes.subarray(dataOffset, dataOffset + length));
    json[tag] = tag === '00080005' ? utf8(element, scope) : toJson(element, scope);
  }

  #binary(json: Written, vr: string, element: Element, span: Span): void {
    const tag = tagOf(element);
    json[tag] = asBulk(vr, tag, span, this.#bulk);
    if (PIXELS.has(tag)) this.#pixels = { tag, span };
  }

  #encapsulated(json: Written, element: Element, fragments: FragmentStream): void {
    const tag = tagOf(element);
    const span: Span = [fragments.start, fragments.end - fragments.start];
    const frames = fragments.frames(Number(firstText(json, '00280008')) || 1, this.#extendedOffsets);
    json[tag] = asBulk('OB', tag, span, this.#bulk);
    this.#pixels = { tag, span, ...(frames && { frames }) };
  }
}

function firstText(json: JsonDataSet, tag: string): string {
  return trimPadding(String(json[tag]?.Value?.[0] ?? ''));
}

/** Of (7FE0,0001), the Extended Offset Table: 64 bits each. */
function offsets(bytes: Buffer): readonly number[] {
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, index) => Number(bytes.readBigUInt64LE(index * 8)));
}
