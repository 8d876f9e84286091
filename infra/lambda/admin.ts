/** Lambda entry point of the catalog's calls and of the API's document. */
import { createAdminHandler } from '@mip/api/admin-lambda';
import { readScope } from '@mip/registry/scope';

const { MIP_MAX_REQUEST_BYTES = '', MIP_CLIENT_REQUESTS_PER_MINUTE = '', MIP_IDENTITY = '', MIP_CATALOG = '' } = process.env;

export const handler = createAdminHandler({
  ...readScope(process.env),
  maxRequestBytes: Number(MIP_MAX_REQUEST_BYTES),
  perMinute: Number(MIP_CLIENT_REQUESTS_PER_MINUTE),
  identity: MIP_IDENTITY,
  catalog: MIP_CATALOG,
  pages: import.meta.dirname,
});
