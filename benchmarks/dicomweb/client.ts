/** What a DICOMweb client does, the same to MIP and to its peers: requests by undici, answers read to their end. */
import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import type { SeriesUids } from './slices.ts';

export interface Server {
  /** Up to what `/studies` follows. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*';
const dispatcher = new Agent({ bodyTimeout: 0, headersTimeout: 0 });

/** One STOW-RS request with all files. @throws when the server does not say that all of them are stored. */
export async function store({ url, headers }: Server, files: readonly Buffer[]): Promise<void> {
  const boundary = randomUUID();
  const contentType = `multipart/related; type="application/dicom"; boundary=${boundary}`;
  const body = Readable.from(multipart(files, boundary));
  const answer = await request(`${url}/studies`, {
    method: 'POST',
    headers: { ...headers, 'content-type': contentType, accept: 'application/dicom+json' },
    body,
    dispatcher,
  });
  const said = (await answer.body.json()) as Record<string, { Value?: readonly unknown[] }>;
  if (answer.statusCode !== 200 || said['00081199']?.Value?.length !== files.length)
    throw new Error(`${url} answered ${answer.statusCode} and stored ${said['00081199']?.Value?.length ?? 0} of ${files.length}`);
}

function* multipart(files: readonly Buffer[], boundary: string): Generator<Buffer> {
  for (const file of files) {
    yield Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`);
    yield file;
    yield Buffer.from('\r\n');
  }
  yield Buffer.from(`--${boundary}--\r\n`);
}

/** QIDO-RS for the series of a study. @returns the answer, not parsed: that is no work of the server. */
export function search(server: Server, { study, series }: SeriesUids): Promise<Buffer> {
  return json(server, `/studies/${study}/series?SeriesInstanceUID=${series}`);
}

/** The metadata of a series, not parsed. */
export function metadata(server: Server, { study, series }: SeriesUids): Promise<Buffer> {
  return json(server, `/studies/${study}/series/${series}/metadata`);
}

async function json({ url, headers }: Server, path: string): Promise<Buffer> {
  const answer = await request(url + path, { headers: { ...headers, accept: 'application/dicom+json' }, dispatcher });
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`);
  return Buffer.from(await answer.body.arrayBuffer());
}

/** How many data sets an answer holds. */
export function datasetsIn(answer: Buffer): number {
  return (JSON.parse(answer.toString()) as readonly object[]).length;
}

export function retrieveSeries(server: Server, { study, series }: SeriesUids): Promise<readonly Buffer[]> {
  return parts(server, `/studies/${study}/series/${series}`);
}

export function retrieveInstance(server: Server, uids: SeriesUids, slice: number): Promise<readonly Buffer[]> {
  return parts(server, `/studies/${uids.study}/series/${uids.series}/instances/${uids.instance(slice)}`);
}

async function parts({ url, headers }: Server, path: string): Promise<readonly Buffer[]> {
  const answer = await request(url + path, { headers: { ...headers, accept: DICOM }, dispatcher });
  if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}: ${await answer.body.text()}`);
  const chunks: Buffer[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return chunks;
}

/** What is the same whoever serves it: the pixels of each part, in any order. */
export function pixelsIn(chunks: readonly Buffer[], pixelBytes: number): readonly string[] {
  const body = Buffer.concat(chunks);
  const boundary = body.subarray(body.indexOf('--'), body.indexOf('\r\n', body.indexOf('--')));
  const found: string[] = [];
  for (let end = body.indexOf(boundary, boundary.length); end >= 0; end = body.indexOf(boundary, end + boundary.length)) {
    const pixels = body.subarray(end - 2 - pixelBytes, end - 2);
    found.push(createHash('sha256').update(pixels).digest('hex'));
  }
  return found.sort();
}
