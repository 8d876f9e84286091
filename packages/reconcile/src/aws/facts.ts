/** Where CDK says what it deployed. */

import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { PhysicalNames } from '@mip/registry/names';
import type { Facts } from '../platform.ts';

/** @throws Error when the platform was not deployed, or its facts are not JSON. */
export async function readFacts(ssm: Pick<SSMClient, 'send'>, names: PhysicalNames): Promise<Facts> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: names.platformFacts }));
    return JSON.parse(Parameter?.Value ?? '');
  } catch (cause) {
    throw new Error(`Could not read ${names.platformFacts}: deploy the platform first (mip deploy).`, { cause });
  }
}
