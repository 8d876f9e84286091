import { addAbortSignal, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createInflateRaw } from 'node:zlib';
import type { Objects } from '../objects.ts';
import type { InstanceRow, Span, StoredMetadata } from '../rows.ts';

/** The object of an instance is not there, or breaks off: not the client's fault, and worth another try. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Ranges of a stored file, by the offsets that the index keeps: into the file, or into the inflated data set of a deflated one. */
export class ByteSource {
  readonly #objects: Pick<Objects, 'get'>;
  readonly #row: Pick<InstanceRow, 'key' | 'size'>;
  readonly #deflatedFrom: number | undefined;
  readonly #signal: AbortSignal | undefined;

  constructor(objects: Pick<Objects, 'get'>, row: Pick<InstanceRow, 'key' | 'size'>, metadata?: StoredMetadata, signal?: AbortSignal) {
    this.#objects = objects;
    this.#row = row;
    this.#deflatedFrom = metadata?.deflated_from;
    this.#signal = signal;
  }

  /** Of the file itself, as it was stored; to its end without a length. */
  async file(offset = 0, length = this.#row.size - offset): Promise<Readable> {
    const whole = offset === 0 && length === this.#row.size;
    const body =
      length === 0 ? Readable.from([]) : await this.#objects.get(this.#row.key, whole ? undefined : { offset, length }, this.#signal);
    if (!body) throw new Unreadable('the object of an instance is not there');
    return this.#signal ? addAbortSignal(this.#signal, body) : body;
  }

  /** Of what offsets point into. */
  async stream([offset, length]: Span): Promise<Readable> {
    if (this.#deflatedFrom === undefined) return this.file(offset, length);
    return Readable.from(part(await this.inflated(), offset, length), { objectMode: false });
  }

  async read(span: Span): Promise<Buffer> {
    const bytes = await buffer(await this.stream(span));
    if (bytes.length !== span[1]) throw new Unreadable('the object of an instance ended early');
    return bytes;
  }

  /** The inflated data set of a deflated file, from its first byte. */
  async inflated(): Promise<Readable> {
    const source = await this.file(this.#deflatedFrom);
    const inflated = createInflateRaw();
    source.on('error', (error) => inflated.destroy(error));
    return source.pipe(inflated);
  }
}

async function* part(source: AsyncIterable<Buffer>, offset: number, length: number): AsyncGenerator<Buffer> {
  let position = 0;
  for await (const chunk of source) {
    const from = Math.max(offset - position, 0);
    const to = Math.min(offset + length - position, chunk.length);
    if (from < to) yield chunk.subarray(from, to);
    position += chunk.length;
    if (position >= offset + length) return;
  }
}
