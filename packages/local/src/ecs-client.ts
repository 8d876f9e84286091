/** The emulator's ECS, with its one slip mended. */
import { buffer } from 'node:stream/consumers';
import { ECSClient } from '@aws-sdk/client-ecs';
import type { EmulatorConnection } from './environment.ts';

/**
 * The emulator keeps the secrets of a container that CloudFormation made in CloudFormation's spelling (`ValueFrom`), and the SDK drops what
 * it does not know. `emulator.test.ts` fails when this is no longer needed.
 */
export function ecsClient(connection: EmulatorConnection): ECSClient {
  const ecs = new ECSClient(connection);
  ecs.middlewareStack.add(
    (next, { commandName }) =>
      async (call) => {
        const answer = await next(call);
        const response = answer.response as { body?: AsyncIterable<Buffer> | Uint8Array };
        if (commandName !== 'DescribeTaskDefinitionCommand' || !response.body || response.body instanceof Uint8Array) return answer;
        response.body = Buffer.from(respelled((await buffer(response.body)).toString('utf8')));
        return answer;
      },
    { step: 'deserialize', priority: 'low', name: 'spelling' }, // before the SDK reads it
  );
  return ecs;
}

function respelled(text: string): string {
  const answer = JSON.parse(text);
  for (const container of answer.taskDefinition?.containerDefinitions ?? []) {
    if (container.secrets) container.secrets = container.secrets.map(inCamelCase);
  }
  return JSON.stringify(answer);
}

function inCamelCase(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key.charAt(0).toLowerCase() + key.slice(1), one]));
}
