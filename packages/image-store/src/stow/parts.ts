/** The parts of a multipart/related body as streams, one after another, read as fast as they are taken. */
import type { Readable } from 'node:stream';
import { Dicer } from '@fastify/busboy';
import { Problem } from '../middleware/problem.ts';

/** The body ends, or breaks, before its last boundary; or its first never comes. */
export class BrokenMultipart extends Error {
  override readonly name = 'BrokenMultipart';
}

/** PS3.18 8.6.1.2.1: what a part may say of itself; more is refused. */
const HEADER_LIMITS = { maxHeaderPairs: 50, maxHeaderSize: 8192 };
const MOST_BOUNDARY = 70;
const DICOM = 'application/dicom';

interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** @returns the boundary, or undefined for a body that is one DICOM file. @throws {Problem} 400 or 415. */
export function boundaryOf(contentType: string | undefined): string | undefined {
  const { type, parameters } = mediaType(contentType ?? '');
  if (type === DICOM) return undefined;
  const inner = parameters.get('type')?.toLowerCase() ?? DICOM;
  if (type !== 'multipart/related' || inner !== DICOM)
    throw new Problem(415, 'Send multipart/related; type="application/dicom"; boundary=…, or one application/dicom.');
  const boundary = parameters.get('boundary') ?? '';
  if (boundary === '' || boundary.length > MOST_BOUNDARY)
    throw new Problem(400, `The content type needs a boundary of 1 to ${MOST_BOUNDARY} characters.`);
  return boundary;
}

function mediaType(text: string): MediaType {
  const [type = '', ...rest] = text.match(/(?:"(?:\\.|[^"\\])*"|[^;"])+/g) ?? [];
  const parameters = rest.map((one): [string, string] => {
    const at = one.indexOf('=');
    const value = one.slice(at + 1).trim();
    const quoted = value.startsWith('"') && value.endsWith('"') && value.length > 1;
    return [one.slice(0, at).trim().toLowerCase(), quoted ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value];
  });
  return { type: type.trim().toLowerCase(), parameters: new Map(parameters) };
}

/**
 * Every part has to be read to its end, also one that is refused: the next comes after it. A part whose end is not there fails when it is
 * read. @throws {BrokenMultipart} after the last part, when the body is not complete.
 */
export async function* partsOf(body: Readable, boundary: string): AsyncGenerator<Readable> {
  const dicer = new Dicer({ boundary, ...HEADER_LIMITS });
  const parts = new Queue<Readable>();
  dicer.on('part', (part) => {
    part.on('error', () => undefined); // it is told to whoever reads it
    parts.add(part as Readable);
  });
  let broken = false;
  dicer.on('error', () => {
    broken = true;
  });
  const pumped = pump(body, dicer).finally(() => parts.close());
  pumped.catch(() => undefined);
  yield* parts;
  await pumped;
  if (broken) throw new BrokenMultipart('the body ends before its last boundary, or never has the boundary that its content type names');
}

async function pump(body: Readable, dicer: Dicer): Promise<void> {
  try {
    for await (const chunk of body) await new Promise<void>((resolve) => dicer.write(chunk, () => resolve()));
  } finally {
    // Where nothing more comes, the open part fails; Dicer says so a moment later.
    dicer.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Hands on what is added to whoever waits. */
class Queue<T> {
  readonly #items: T[] = [];
  #wake: () => void = () => undefined;
  #closed = false;

  add(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#closed) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
