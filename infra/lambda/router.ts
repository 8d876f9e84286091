/** Lambda entry point of the REST API. */
import { createHandler } from '@mip/api/lambda';
import { readScope } from '@mip/registry/scope';

const {
  MIP_MAX_REQUEST_BYTES = '',
  MIP_PACS = '',
  MIP_DEFAULT_PACS = '',
  MIP_MAX_IMAGE_BYTES = '',
  MIP_CLIENT_REQUESTS_PER_MINUTE = '',
  MIP_CLIENT_OPEN_JOBS = '',
  MIP_ROWS_KEPT_MS = '',
  MIP_IDENTITY = '',
  MIP_CALLBACKS = '',
  MIP_OVERRIDE_ROLES = '',
  MIP_WEBSOCKET_URL = '',
} = process.env;

export const handler = createHandler({
  ...readScope(process.env),
  maxRequestBytes: Number(MIP_MAX_REQUEST_BYTES),
  pacs: MIP_PACS,
  defaultPacs: MIP_DEFAULT_PACS,
  maxImageBytes: MIP_MAX_IMAGE_BYTES,
  limits: { perMinute: Number(MIP_CLIENT_REQUESTS_PER_MINUTE), openJobs: Number(MIP_CLIENT_OPEN_JOBS) },
  rowsKeptMs: Number(MIP_ROWS_KEPT_MS),
  identity: MIP_IDENTITY,
  callbacks: MIP_CALLBACKS,
  overrideRoles: MIP_OVERRIDE_ROLES,
  websocketUrl: MIP_WEBSOCKET_URL,
});
