/** A DICOMweb server of one study with one series, and the faults that a PACS can have. */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export const PACS_UIDS = { study_uid: '1.2.3', series_uid: '1.2.3.4', instance_uid: '1.2.3.4.5' };

const CT = { vr: 'CS', Value: ['CT'] };
const ui = (uid: string) => ({ vr: 'UI', Value: [uid] });
const STUDY = { '0020000D': ui(PACS_UIDS.study_uid), '00080061': CT };
const SERIES = { ...STUDY, '0020000E': ui(PACS_UIDS.series_uid), '00080060': CT, '00201209': { vr: 'IS', Value: [12] } };
export const METADATA = {
  '0020000D': ui(PACS_UIDS.study_uid),
  '0020000E': ui(PACS_UIDS.series_uid),
  '00080018': ui(PACS_UIDS.instance_uid),
  '00080060': CT,
  '00280030': { vr: 'DS', Value: [0.5, 0.5] },
};

/** Answers a request, or returns false to leave it to the server as it should be. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean | undefined;

export class DicomwebServer {
  /** `path?query` of every request, in order. */
  readonly asked: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  fault: Fault = () => false;
  readonly #server: Server;

  private constructor(tls?: { key: string; cert: string }) {
    const listener: RequestListener = (request, response) => this.#answer(request, response);
    this.#server = tls ? (createTlsServer(tls, listener) as unknown as Server) : createServer(listener);
  }

  static async start(tls?: { key: string; cert: string }): Promise<DicomwebServer> {
    const server = new DicomwebServer(tls);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** `host:port` */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.asked.push(request.url ?? '');
    this.headers.push(request.headers);
    if (this.fault(request, response)) return;
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    send(response, ...answerTo(pathname.replace('/dicom-web/', ''), searchParams));
  }
}

/** As PS3.18 has it: a search without matches is an empty list, a resource that is not there is 404. */
function answerTo(path: string, query: URLSearchParams): [number, unknown] {
  const { study_uid, series_uid, instance_uid } = PACS_UIDS;
  const matches = (name: string, uid: string) => (query.get(name) ?? uid) === uid;
  if (path === 'studies') return [200, matches('StudyInstanceUID', study_uid) ? [STUDY] : []];
  if (!path.startsWith(`studies/${study_uid}/`)) return [404, { error: 'unknown study' }];
  if (path === `studies/${study_uid}/series`) return [200, matches('SeriesInstanceUID', series_uid) ? [SERIES] : []];
  const instances = `studies/${study_uid}/series/${series_uid}/instances`;
  if (path === instances) return [200, [METADATA]];
  return path === `${instances}/${instance_uid}/metadata` ? [200, [METADATA]] : [404, { error: 'unknown resource' }];
}

export function send(response: ServerResponse, status: number, body: unknown, type = 'application/dicom+json'): true {
  response.writeHead(status, { 'content-type': type });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
  return true;
}
