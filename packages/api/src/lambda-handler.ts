/** From an event of an HTTP API to an app and back. */
import { METHODS, STATUS_CODES } from 'node:http';
import { awsLambdaFastify, type LambdaResponse } from '@fastify/aws-lambda';
import type { FastifyInstance } from 'fastify';

/** The part of an HTTP API event (payload 2.0) that is looked at here. */
export interface HttpEvent {
  readonly requestContext: { readonly http: { readonly method: string } };
}

export type Handler = (event: HttpEvent, context: object) => Promise<LambdaResponse>;

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
