/** What a task runs: the image's command in its unpacked folder, with the environment that ECS would give it. */
import { delimiter, dirname, join } from 'node:path';
import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import getPort from 'get-port';
import { connectionEnvironment, type EmulatorConnection } from './environment.ts';
import { imageName } from './image-name.ts';
import { HOME } from './oci-image.ts';
import type { SecretReader } from './secrets.ts';
import type { ContainerOverride, Task } from './tasks.ts';
import { type UnpackedImage, unpackImage } from './unpack.ts';
import type { Launch } from './worker-process.ts';

export interface ProcessOptions {
  readonly root: string;
  readonly home: string;
  readonly connection: EmulatorConnection;
  readonly task: Task;
  readonly definition: TaskDefinition;
  readonly secrets: SecretReader;
  /** `ECS_AGENT_URI`. */
  readonly agentUri: string;
  /** Values in place of those that a definition has for these variables: addresses that are others on this machine. */
  readonly replaced: Readonly<Record<string, string>>;
}

export interface TaskLaunch extends Launch {
  readonly shipTo?: { readonly group: string; readonly stream: string };
}

/** ECS's own default. */
const STOP_TIMEOUT_S = 30;
const LOOPBACK = '127.0.0.1';
/** A path of what is MIP's in an image; in an unpacked image that is below its folder. */
const IN_IMAGE = new RegExp(`(^|[=:])/${HOME}`, 'g');

/** What ECS would run for a task; unpacks the image if needed. @throws {Error} when image or secrets cannot be read. */
export async function launchOf(options: ProcessOptions): Promise<TaskLaunch> {
  const { home } = options;
  const { container, override } = containerOf(options);
  const image = await unpackImage({ ...imageName(container.image ?? ''), endpoint: options.connection.endpoint, home });
  const port = container.portMappings?.length ? await getPort({ host: LOOPBACK }) : undefined;
  const command = commandOf(container, override) ?? image.config.Cmd ?? [];
  return {
    ...aboutTask(options, container),
    command: [...image.config.Entrypoint, ...command],
    cwd: rebase(image.config.WorkingDir, image.root),
    environment: { ...ofImage(options, image), ...(await givenVariables(options, container, override)), ...listening(port) },
    ...(port !== undefined && { port }),
  };
}

/** The container of a task, and what `RunTask` asked for instead. @throws {Error} when it has no image. */
export function containerOf({ definition, task }: Pick<ProcessOptions, 'definition' | 'task'>): {
  readonly container: ContainerDefinition;
  readonly override: ContainerOverride | undefined;
} {
  const container = definition.containerDefinitions?.[0];
  if (!container?.image) throw new Error(`${definition.family} has no container with an image`);
  return { container, override: task.overrides?.find(({ name }) => name === container.name) };
}

/** Undefined where the image's own is to run. */
export function commandOf(container: ContainerDefinition, override: ContainerOverride | undefined): readonly string[] | undefined {
  return [override?.command, container.command].find((words) => words?.length);
}

/** Where it writes to, and how it is stopped. */
export function aboutTask({ home, task, definition }: ProcessOptions, container: ContainerDefinition) {
  return {
    log: join(home, 'logs', definition.family ?? 'task', `${task.arn.split('/').at(-1)}.log`),
    stopTimeout: container.stopTimeout ?? STOP_TIMEOUT_S,
    ...shipped(container, task),
  };
}

/** Where `awslogs` would ship the container's log to, under the same name. */
function shipped({ name, logConfiguration }: ContainerDefinition, task: Task): Pick<TaskLaunch, 'shipTo'> {
  const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix } = logConfiguration?.options ?? {};
  if (logConfiguration?.logDriver !== 'awslogs' || !group || !prefix) return {};
  return { shipTo: { group, stream: `${prefix}/${name}/${task.arn.split('/').at(-1)}` } };
}

/** Where a container would have an address of its own, a process has a port of this machine. */
function listening(port: number | undefined): Record<string, string> {
  return port === undefined ? {} : { PORT: String(port), HOST: LOOPBACK };
}

/** What comes with the image and this machine; all else goes over it. */
function ofImage(options: ProcessOptions, image: UnpackedImage): Record<string, string> {
  const fromImage = image.config.Env.map((variable) => {
    const at = variable.indexOf('=');
    return [variable.slice(0, at), rebase(variable.slice(at + 1), image.root)] as const;
  });
  return {
    PATH: [join(options.root, '.venv', 'bin'), dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: options.home,
    LANG: 'C.UTF-8',
    ...Object.fromEntries(fromImage),
  };
}

/** What ECS gives a task, and how it reaches this cloud: task definition, then secrets, then what `RunTask` asked for; the later wins. */
export async function givenVariables(
  options: ProcessOptions,
  container: ContainerDefinition,
  override: ContainerOverride | undefined,
): Promise<Record<string, string>> {
  const secrets = (container.secrets ?? []).map(
    async ({ name = '', valueFrom = '' }) => [name, await options.secrets.read(valueFrom)] as const,
  );
  return {
    ECS_AGENT_URI: options.agentUri,
    ...connectionEnvironment(options.connection),
    ...inPlace(variables(container.environment), options.replaced),
    ...Object.fromEntries(await Promise.all(secrets)),
    ...variables(override?.environment),
  };
}

function inPlace(given: Record<string, string>, replaced: Readonly<Record<string, string>>): Record<string, string> {
  return { ...given, ...Object.fromEntries(Object.entries(replaced).filter(([name]) => name in given)) };
}

function rebase(text: string, root: string): string {
  return text.replace(IN_IMAGE, `$1${root}/${HOME}`);
}

function variables(pairs: ContainerOverride['environment'] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name = '', value = '' }) => [name, value]));
}
