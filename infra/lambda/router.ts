/** Lambda entry point of the REST API. */
import { createHandler } from '@mip/api/lambda';

const {
  MIP_PREFIX = '',
  MIP_PLATFORM = '',
  MIP_ACCOUNT = '',
  AWS_REGION = '',
  MIP_MAX_REQUEST_BYTES = '',
  MIP_PACS = '',
  MIP_DEFAULT_PACS = '',
  MIP_MAX_IMAGE_BYTES = '',
} = process.env;

export const handler = createHandler({
  prefix: MIP_PREFIX,
  platform: MIP_PLATFORM,
  account: MIP_ACCOUNT,
  region: AWS_REGION,
  maxRequestBytes: Number(MIP_MAX_REQUEST_BYTES),
  pacs: MIP_PACS,
  defaultPacs: MIP_DEFAULT_PACS,
  maxImageBytes: MIP_MAX_IMAGE_BYTES,
});
