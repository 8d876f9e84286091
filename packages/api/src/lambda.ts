import { awsLambdaFastify } from '@fastify/aws-lambda';
import type { NameScope } from '@mip/registry';
import { createApp } from './app.ts';
import { awsPorts } from './aws.ts';

export interface RouterOptions extends NameScope {
  readonly maxRequestBytes: number;
}

/** A Lambda handler for HTTP API events (payload 2.0). Call it once, outside the handler: SDK clients and routes are made here. */
export function createHandler({ maxRequestBytes, ...scope }: RouterOptions) {
  const app = createApp(awsPorts(scope), { maxRequestBytes });
  return awsLambdaFastify(app, { decorateRequest: false, parseCommaSeparatedQueryParams: false });
}
