/** Custom resource `Custom::AdminKey`: makes the admin key where there is none. The value is never returned or logged. */

import { SSMClient } from '@aws-sdk/client-ssm';
import { adminKeyHandler } from '../lib/admin-key-maker.ts';

export const handler = adminKeyHandler(new SSMClient({}));
