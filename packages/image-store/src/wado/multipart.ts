import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';

/** One part of a multipart/related body: RFC 2387, PS3.18 §8.6. */
export interface Part {
  readonly type: string;
  readonly location?: string;
  /** Pieces that are in memory, or that come as they are read. */
  readonly body: readonly Buffer[] | AsyncIterable<Buffer>;
}

export interface Body {
  readonly type: string;
  readonly stream: Readable;
}

/**
 * A multipart body, written as its parts come. Resolves with the first bytes there: what fails before that is a problem with a status,
 * what fails later breaks the connection, so that no truncated body looks whole.
 * @param of the media type of the parts.
 */
export async function multipart(of: string, parts: AsyncIterable<Part>): Promise<Body> {
  const boundary = `mip-${randomBytes(16).toString('hex')}`;
  const stream = await primed(write(parts, boundary));
  return { type: `multipart/related; type="${of}"; boundary=${boundary}`, stream };
}

async function* write(parts: AsyncIterable<Part>, boundary: string): AsyncGenerator<Buffer> {
  for await (const { type, location, body } of parts) {
    const lines = [`--${boundary}`, `Content-Type: ${type}`, ...(location ? [`Content-Location: ${location}`] : []), '', ''];
    const head = Buffer.from(lines.join('\r\n'));
    if (Array.isArray(body)) {
      yield head;
      yield* body as readonly Buffer[];
      yield CRLF;
    } else {
      // With its first bytes: before them nothing is known to go well.
      const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
      const first = await chunks.next();
      yield first.done ? head : Buffer.concat([head, first.value]);
      if (!first.done) yield* { [Symbol.asyncIterator]: () => chunks };
      yield CRLF;
    }
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}

const CRLF = Buffer.from('\r\n');

/** A stream whose first chunk is there already. */
export async function primed(chunks: AsyncGenerator<Buffer>): Promise<Readable> {
  const first = await chunks.next();
  const all = (async function* () {
    try {
      if (!first.done) yield first.value;
      yield* chunks;
    } finally {
      await chunks.return(undefined);
    }
  })();
  return Readable.from(all, { objectMode: false, highWaterMark: 256 * 1024 });
}
