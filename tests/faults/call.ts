/** What a request to AWS is, read off the wire: which service, which operation, with what input. Pure. */

/** One request as a fault rule sees it. `operation` is IAM's word for it, like `sqs:CreateQueue`. */
export interface WireCall {
  /** From 1. */
  readonly number: number;
  readonly operation: string;
  /** As an SDK's command has it: the parsed JSON or form; of S3 the bucket and the key. */
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
    const { Action = 'Unknown', Version: _, ...input } = readForm(body.toString());
    return { number, operation: `${service}:${Action}`, input, protocol: 'query' };
  }
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  if (service === 's3') return { number, ...s3Call(method, pathname, searchParams), protocol: 's3' };
  const input = { path: pathname, query: Object.fromEntries(searchParams) };
  return { number, operation: `${service || 'http'}:${method}`, input, protocol: 'http' };
}

function parseJson(body: Buffer): Readonly<Record<string, unknown>> {
  return body.length > 0 ? JSON.parse(body.toString()) : {};
}

type Form = { [key: string]: string | Form };

/** `Tags.member.1.Key=a` is a list in `Tags` with one object: the query protocol spells out what JSON nests. */
function readForm(text: string): Readonly<Record<string, unknown>> {
  const root: Form = {};
  for (const [path, value] of new URLSearchParams(text)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<Form>((at, key) => {
      at[key] ??= {};
      return at[key] as Form;
    }, root);
    parent[last] = value;
  }
  return nested(root) as Readonly<Record<string, unknown>>;
}

function nested(form: string | Form): unknown {
  if (typeof form === 'string') return form;
  if (typeof form.member === 'object') return Object.values(form.member).map(nested);
  return Object.fromEntries(Object.entries(form).map(([key, one]) => [key, nested(one)]));
}

/** Path-style addressing: `/bucket` or `/bucket/key`. */
function s3Call(method: string, path: string, query: URLSearchParams): Pick<WireCall, 'operation' | 'input'> {
  const [Bucket = '', ...rest] = path.split('/').slice(1);
  const Key = rest.map(decodeURIComponent).join('/');
  if (Key !== '') return { operation: `s3:${titled(method)}Object`, input: { Bucket, Key } };
  const listed = query.has('list-type') ? 's3:ListObjectsV2' : 's3:GetBucket';
  return { operation: method === 'GET' ? listed : method === 'PUT' ? 's3:CreateBucket' : `s3:${titled(method)}Bucket`, input: { Bucket } };
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
