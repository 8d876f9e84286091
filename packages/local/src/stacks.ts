/** What the emulator's CloudFormation says of its stacks. */

import { setTimeout as delay } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import type { EmulatorConnection } from './environment.ts';

/** Which deployment of a stack there is, or undefined when the stack is missing or half-done. */
export async function revisionOf(connection: EmulatorConnection, name: string): Promise<string | undefined> {
  const stack = (await stacksOf(connection)).find((one) => one.StackName === name);
  if (!stack || !/^(CREATE|UPDATE)_COMPLETE$/.test(stack.StackStatus ?? '')) return undefined;
  return `${stack.StackId} ${(stack.LastUpdatedTime ?? stack.CreationTime)?.toISOString()}`;
}

/**
 * Waits until no stack is being changed. The emulator never goes on with a change that its own stop interrupted, and refuses the next
 * one for ever, so it is stopped only when this is done.
 *
 * @param limit milliseconds
 * @returns the states of the stacks that were still in progress then; empty when all is settled.
 */
export async function settle(connection: EmulatorConnection, limit: number): Promise<readonly string[]> {
  for (const end = Date.now() + limit; ; await delay(100)) {
    const states = (await stacksOf(connection)).map((stack) => stack.StackStatus ?? '');
    const unsettled = states.filter((state) => state.endsWith('_IN_PROGRESS') && state !== 'REVIEW_IN_PROGRESS');
    if (unsettled.length === 0 || Date.now() >= end) return unsettled;
  }
}

async function stacksOf(connection: EmulatorConnection): Promise<readonly Stack[]> {
  const client = new CloudFormationClient({
    ...connection,
    maxAttempts: 1,
    requestHandler: { requestTimeout: 15_000, throwOnRequestTimeout: true },
  });
  return (await client.send(new DescribeStacksCommand({}))).Stacks ?? []; // a handful: one page
}
