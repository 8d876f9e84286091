/** What a request to AWS is, read off the wire: which service, which operation, with what input. Pure. */

/** One request as a fault rule sees it. `operation` is IAM's word for it, like `sqs:CreateQueue`. */
export interface WireCall {
  /** From 1. */
  readonly number: number;
  readonly operation: string;
  /** The parsed JSON or form; for S3 its method and path. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly protocol: Protocol;
}

/** How a service wants its errors: JSON, XML of the query protocol, or S3's own XML. */
export type Protocol = 'json' | 'query' | 's3' | 'http';

export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** The signature's name of a service where reconcile and IAM have another. */
const SERVICES: Readonly<Record<string, string>> = { tagging: 'tag', monitoring: 'cloudwatch' };

export function readCall({ method, url, headers, body }: WireRequest, number: number): WireCall {
  const target = String(headers['x-amz-target'] ?? '');
  const signed = /Credential=[^/]+\/\d+\/[^/]*\/([^/]+)\/aws4_request/.exec(String(headers.authorization ?? ''))?.[1] ?? '';
  const service = SERVICES[signed] ?? signed;
  if (target) {
    return { number, operation: `${service}:${target.slice(target.indexOf('.') + 1)}`, input: parseJson(body), protocol: 'json' };
  }
  if (String(headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')) {
    const form = Object.fromEntries(new URLSearchParams(body.toString()));
    return { number, operation: `${service}:${form.Action ?? 'Unknown'}`, input: form, protocol: 'query' };
  }
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const input = { method, path: pathname, query: Object.fromEntries(searchParams) };
  if (service === 's3') return { number, operation: `s3:${s3Operation(method, pathname, searchParams)}`, input, protocol: 's3' };
  return { number, operation: `${service || 'http'}:${method}`, input, protocol: 'http' };
}

function parseJson(body: Buffer): Readonly<Record<string, unknown>> {
  return body.length > 0 ? JSON.parse(body.toString()) : {};
}

/** Path-style addressing: `/bucket` or `/bucket/key`. */
function s3Operation(method: string, path: string, query: URLSearchParams): string {
  const object = path.split('/').filter(Boolean).length > 1;
  if (!object) return method === 'GET' ? (query.has('list-type') ? 'ListObjectsV2' : 'GetBucket') : `${titled(method)}Bucket`;
  return `${titled(method)}Object`;
}

function titled(method: string): string {
  return method.slice(0, 1) + method.slice(1).toLowerCase();
}

/** An error as AWS sends it. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  /** HTTP. */
  readonly status: number;
}

/** The body and headers with which a service would refuse, so that an SDK throws what it throws against AWS. */
export function errorBody(protocol: Protocol, { code, message }: WireError): { headers: Record<string, string>; body: string } {
  if (protocol === 'json')
    return {
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code, 'x-amzn-query-error': `${code};Sender` },
      body: JSON.stringify({ __type: code, message }),
    };
  const error = `<Code>${code}</Code><Message>${message}</Message>`;
  const body =
    protocol === 'query'
      ? `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>0</RequestId></ErrorResponse>`
      : `<?xml version="1.0" encoding="UTF-8"?><Error>${error}<RequestId>0</RequestId></Error>`;
  return { headers: { 'content-type': 'text/xml' }, body };
}
