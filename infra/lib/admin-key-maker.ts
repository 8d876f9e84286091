/** The maker behind `Custom::AdminKey`, which runs in a Lambda of its own (`lambda/admin-key.ts`). */

import { ParameterAlreadyExists, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { newAdminKey } from '@mip/registry/admin-key';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

/**
 * The handler of the custom resource.
 *
 * Create and update make the parameter if it is absent and leave one that exists alone, so a repeated deploy never changes the key.
 * Delete keeps it: CloudFormation also calls it when a first deploy rolls back, and the key may be older than the stack.
 */
export function adminKeyHandler(ssm: Pick<SSMClient, 'send'>, respond: typeof fetch = fetch) {
  return async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    const name = String(event.ResourceProperties.ParameterName);
    const failure = event.RequestType === 'Delete' ? undefined : await makeKey(ssm, name);
    const answer = {
      Status: failure === undefined ? 'SUCCESS' : 'FAILED',
      Reason: failure ?? 'The key exists.',
      PhysicalResourceId: event.RequestType === 'Delete' ? event.PhysicalResourceId : name,
      StackId: event.StackId,
      RequestId: event.RequestId,
      LogicalResourceId: event.LogicalResourceId,
    };
    // An empty content type: CloudFormation signed the address without one.
    await respond(event.ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body: JSON.stringify(answer) });
  };
}

/** @returns why it failed, by the error's name alone: messages of a failed request could quote it. */
async function makeKey(ssm: Pick<SSMClient, 'send'>, name: string): Promise<string | undefined> {
  try {
    await ssm.send(new PutParameterCommand({ Name: name, Type: 'SecureString', Value: newAdminKey(), Overwrite: false }));
    return undefined;
  } catch (error) {
    if (error instanceof ParameterAlreadyExists) return undefined;
    return `PutParameter ${name}: ${error instanceof Error ? error.name : 'unknown error'}`;
  }
}
