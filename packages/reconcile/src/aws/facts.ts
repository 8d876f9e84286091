/** Where CDK says what it deployed. */

import { GetParameterCommand, ParameterNotFound, type SSMClient } from '@aws-sdk/client-ssm';
import type { PhysicalNames } from '@mip/registry/names';
import type { Facts } from '../platform.ts';

/** @throws Error that says whether the platform was not deployed, or could not be asked. */
export async function readFacts(ssm: Pick<SSMClient, 'send'>, names: PhysicalNames): Promise<Facts> {
  try {
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: names.platformFacts }));
    return JSON.parse(Parameter?.Value ?? '');
  } catch (cause) {
    if (cause instanceof ParameterNotFound)
      throw new Error(
        `There is no platform here (no parameter ${names.platformFacts}): deploy it with \`mip deploy\`, the local cloud with \`npm start\`.`,
        { cause },
      );
    const { code, name, message } = cause as Error & { code?: string };
    const reason = code ?? `${name}: ${message}`;
    throw new Error(
      `Could not read ${names.platformFacts} (${reason}). Is the platform there, and for the local cloud: does \`npm start\` run?`,
      { cause },
    );
  }
}
