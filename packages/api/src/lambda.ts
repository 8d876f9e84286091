import { METHODS, STATUS_CODES } from 'node:http';
import { awsLambdaFastify, type LambdaResponse } from '@fastify/aws-lambda';
import type { NameScope } from '@mip/registry';
import type { FastifyInstance } from 'fastify';
import { createApp } from './app.ts';
import { awsPorts } from './aws.ts';
import { parsePacs } from './look/pacs.ts';

export interface RouterOptions extends NameScope {
  readonly maxRequestBytes: number;
  /** The PACSs beside the platform's own store: `MIP_PACS`, a list in JSON. */
  readonly pacs: string;
  /** The name of the PACS that is meant where a request names none; empty for the platform's own store. */
  readonly defaultPacs: string;
  /** `limits.max_image_bytes` of the platform; empty for no limit. */
  readonly maxImageBytes: string;
}

/** The part of an HTTP API event (payload 2.0) that is looked at here. */
export interface HttpEvent {
  readonly requestContext: { readonly http: { readonly method: string } };
}

export type Handler = (event: HttpEvent, context: object) => Promise<LambdaResponse>;

/** A Lambda handler of the API. Call it once, outside the handler: SDK clients and routes are made here. */
export function createHandler({ maxRequestBytes, pacs, defaultPacs, maxImageBytes, ...scope }: RouterOptions): Handler {
  const ports = awsPorts(scope, {
    pacs: parsePacs(pacs),
    ...(defaultPacs && { defaultPacs }),
    ...(maxImageBytes && { maxImageBytes: Number(maxImageBytes) }),
  });
  return handlerOf(createApp(ports, { maxRequestBytes }));
}

/** Puts events into an app. A method that HTTP does not know never gets there: Fastify's injection throws on it. */
export function handlerOf(app: FastifyInstance): Handler {
  const inject = awsLambdaFastify<HttpEvent>(app, { decorateRequest: false, parseCommaSeparatedQueryParams: false });
  return async (event, context) => {
    const known = METHODS.includes(event.requestContext.http.method);
    return known ? inject(event, context as Parameters<typeof inject>[1]) : unknownMethod();
  };
}

function unknownMethod(): LambdaResponse {
  const status = 405;
  const body = { type: 'about:blank', title: STATUS_CODES[status], status, detail: 'This is no method of HTTP.' };
  return {
    statusCode: status,
    headers: { 'content-type': 'application/problem+json', allow: '' },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  };
}
