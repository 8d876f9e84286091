/** What a task runs in a container: the engine's process, in the foreground, with the environment that ECS would give it. */
import { randomUUID } from 'node:crypto';
import { removeCommand, runCommand } from './container-commands.ts';
import type { Engine } from './container-engine.ts';
import { aboutTask, commandOf, containerOf, givenVariables, type ProcessOptions, type TaskLaunch } from './task-process.ts';

/** @throws {Error} when secrets cannot be read, or the image is not pinned. */
export async function containerLaunchOf(options: ProcessOptions, engine: Engine): Promise<TaskLaunch> {
  const { home, connection, definition } = options;
  const { container, override } = containerOf(options);
  const variables = await givenVariables(options, container, override);
  const name = `${definition.family}-${randomUUID()}`;
  const command = commandOf(container, override) ?? [];
  const order = { name, home, endpoint: connection.endpoint, definition, container, command, variables: Object.keys(variables) };
  const own = Object.entries(engine.environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...aboutTask(options, container),
    command: [engine.name, ...runCommand(engine.name, order)],
    cwd: home,
    environment: { ...Object.fromEntries(own), ...variables },
    end: [engine.name, ...removeCommand(engine.name, [name])],
  };
}
