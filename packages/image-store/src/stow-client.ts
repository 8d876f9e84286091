/** A client of STOW-RS: streams files to any DICOMweb server, and believes in a success only after it has read the answer. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { InstanceUids } from './dicom/instance-reader.ts';
import type { JsonDataSet } from './dicom/json.ts';
import { readFileUids, readUids } from './header.ts';
import { textOf } from './levels.ts';

/** Where instances are put. */
export interface ImageStore {
  /**
   * Stores the bytes of one DICOM Part 10 file unchanged. Storing the same file again is harmless.
   * @throws {UnreadableDicom} when the bytes are not DICOM. @throws {NotStored} when the store refuses them.
   */
  put(bytes: Uint8Array): Promise<InstanceUids>;
}

/** The server refused an instance, or everything; `message` says why. */
export class NotStored extends Error {
  override readonly name = 'NotStored';
  /** DICOM's FailureReason; undefined where the server gave none. */
  readonly reason: number | undefined;
  /** Of the answer. */
  readonly status: number;

  constructor(message: string, { reason, status }: { reason?: number | undefined; status: number }) {
    super(message);
    this.reason = reason;
    this.status = status;
  }
}

/** What became of one of the files of a request. */
export interface StowOutcome {
  readonly uids: InstanceUids;
  /** Undefined for one that is stored. */
  readonly refused?: NotStored;
}

/** Bytes, a file on disk by its path, or one whose UIDs were read already. */
export type StowSource = Uint8Array | string | { readonly file: string; readonly uids: InstanceUids };

export interface StowClientOptions {
  /** Of the server, up to what `/studies` follows. */
  readonly url: string;
  /** A client key of MIP; left out for servers that want other headers. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const WORDS: Readonly<Record<number, string>> = {
  272: 'the store could not process it',
  273: 'other bytes are stored under its UID',
  290: 'the store does not take its SOP class',
  42752: 'it is larger than the store takes',
  43264: 'it does not match what the store was told of it',
  49152: 'the store cannot understand it',
};

export class StowClient implements ImageStore {
  /** Of the server, as it was given. */
  readonly url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor({ url, key, headers = {} }: StowClientOptions) {
    this.url = url;
    this.#headers = { ...(key !== undefined && { 'x-api-key': key }), ...headers };
  }

  async put(bytes: Uint8Array): Promise<InstanceUids> {
    const [outcome] = await this.store([bytes]);
    if (!outcome) throw new NotStored('the store did not say what became of it', { status: 200 });
    if (outcome.refused) throw outcome.refused;
    return outcome.uids;
  }

  /**
   * Sends files in one request, as fast as the server takes them.
   *
   * @param sources of different instances: the answer knows them by their UIDs.
   * @returns an outcome for each, in their order.
   * @throws {UnreadableDicom} when one is not DICOM; then nothing was sent. @throws {NotStored} when the request as a whole is refused.
   */
  async store(sources: readonly StowSource[], signal?: AbortSignal): Promise<readonly StowOutcome[]> {
    const uids = await Promise.all(sources.map(uidsOf));
    const boundary = randomUUID();
    const answer = await fetch(`${this.url.replace(/\/$/, '')}/studies`, {
      method: 'POST',
      headers: {
        ...this.#headers,
        accept: 'application/dicom+json',
        'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
      },
      body: ReadableStream.from(multipart(sources, boundary)),
      duplex: 'half',
      ...(signal && { signal }),
    });
    const body = await jsonOf(answer);
    if (![200, 202, 409].includes(answer.status)) throw refusal(answer.status, body);
    const outcomes = outcomesOf(answer.status, body as JsonDataSet);
    return uids.map((one) => {
      const refused = outcomes(one.instance);
      return { uids: one, ...(refused && { refused }) };
    });
  }
}

async function uidsOf(source: StowSource): Promise<InstanceUids> {
  if (source instanceof Uint8Array) return readUids(source);
  return typeof source === 'string' ? readFileUids(source) : source.uids;
}

async function* multipart(sources: readonly StowSource[], boundary: string): AsyncGenerator<Uint8Array> {
  for (const source of sources) {
    yield Buffer.from(`\r\n--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
    if (source instanceof Uint8Array) yield source;
    else yield* createReadStream(typeof source === 'string' ? source : source.file) as AsyncIterable<Buffer>;
  }
  yield Buffer.from(`\r\n--${boundary}--\r\n`);
}

async function jsonOf(answer: Response): Promise<unknown> {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new NotStored(
      `the server answered ${answer.status} without JSON: this is no DICOMweb server, or something stands before it`,
      answer,
    );
  }
}

function refusal(status: number, body: unknown): NotStored {
  const { detail } = (body ?? {}) as { detail?: unknown };
  return new NotStored(typeof detail === 'string' ? detail : `the server answered ${status}`, { status });
}

/** @returns why an instance, by its UID, was not stored; undefined for one that the answer lists as stored. */
function outcomesOf(status: number, body: JsonDataSet): (instance: string) => NotStored | undefined {
  const items = (tag: string) => (body?.[tag]?.Value ?? []) as readonly JsonDataSet[];
  const stored = new Set(items('00081199').map((item) => textOf(item, '00081155')));
  const known = items('00081198').map((item): [string, NotStored] => [textOf(item, '00081155'), failureOf(item, status)]);
  const failed = new Map(known);
  const [other] = items('0008119A').map((item) => failureOf(item, status));
  const silent = new NotStored('the store did not say what became of it', { status });
  return (instance) => (stored.has(instance) ? undefined : (failed.get(instance) ?? other ?? silent));
}

function failureOf(item: JsonDataSet, status: number): NotStored {
  const reason = Number(textOf(item, '00081197')) || undefined;
  const comment = textOf(item, '00000902');
  const words = comment === '' ? (WORDS[reason ?? 0] ?? `the store gave the reason ${reason ?? 'none'}`) : `it ${comment}`;
  return new NotStored(words, { reason, status });
}
