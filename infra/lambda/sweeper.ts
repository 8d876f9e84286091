/** Lambda entry point of the sweeper. */
import { createSweeper } from '@mip/api/sweeper-lambda';

const { MIP_PREFIX = '', MIP_PLATFORM = '', MIP_ACCOUNT = '', AWS_REGION = '' } = process.env;

export const handler = createSweeper({ prefix: MIP_PREFIX, platform: MIP_PLATFORM, account: MIP_ACCOUNT, region: AWS_REGION });
