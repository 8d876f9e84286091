/** One DICOMweb server: a GET, and what its answer means. Redirects are not followed, so that no PACS leads a request elsewhere. */
import { Agent } from 'node:https';
import type { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';
import type { Dataset } from '@mip/catalog/input-rules/values';
import { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { whileWaiting } from './look.ts';
import type { Pacs } from './pacs.ts';

/** `none`: the server has answered that there is nothing. `unknown`: it did not say, `why` is for the log. */
export type Answer =
  | { readonly kind: 'some'; readonly datasets: readonly Dataset[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly why: string };

export type Headers = () => Promise<Readonly<Record<string, string>>>;

const MOST_BYTES = 16 * 1024 * 1024;

export class DicomwebClient {
  readonly #base: URL;
  readonly #headers: Headers;
  readonly #http: NodeHttpHandler;

  /** @param headers those that authenticate; asked for each request. */
  constructor({ url, ca }: Pacs, headers: Headers) {
    this.#base = new URL(url);
    this.#headers = headers;
    const httpsAgent = new Agent({ keepAlive: true, ...(ca && { ca: [...rootCertificates, ca] }) });
    this.#http = new NodeHttpHandler({ httpsAgent });
  }

  /** @param path below the base, of segments that need no escaping. */
  async get(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    const { protocol, hostname, port, pathname } = this.#base;
    const headers = { accept: 'application/dicom+json', ...(await whileWaiting(this.#headers(), signal)) };
    const request = new HttpRequest({
      ...{ protocol, hostname, method: 'GET', headers, query: { ...query } },
      path: `${pathname.replace(/\/$/, '')}/${path}`,
      ...(port && { port: Number(port) }),
    });
    const { response } = await this.#http.handle(request, { abortSignal: signal });
    const body = response.body as Readable;
    const type = (response.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
    if (response.statusCode !== 200) {
      body.resume();
      return nothing(response.statusCode, type);
    }
    const text = await bounded(body);
    return text === undefined ? unknown('its answer is too large') : datasets(text);
  }
}

/** A page in HTML is from whatever stands before a PACS, or in its place: it says nothing about images. */
function nothing(status: number, type: string): Answer {
  if (status === 204 || (status === 404 && type !== 'text/html')) return { kind: 'none' };
  return unknown(`it answers with the status ${status}`);
}

function datasets(text: string): Answer {
  const list = parsed(text);
  if (!Array.isArray(list) || !list.every(isObject)) return unknown('it answers with something else than a list of data sets');
  return list.length === 0 ? { kind: 'none' } : { kind: 'some', datasets: list as Dataset[] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nothing where it is too much. */
async function bounded(body: Readable): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) return undefined; // which also ends the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unknown(why: string): Answer {
  return { kind: 'unknown', why };
}
