/** What a task runs: the image's command in its unpacked folder, with the environment that ECS would give it. */
import { delimiter, dirname, join } from 'node:path';
import type { ContainerDefinition, KeyValuePair, TaskDefinition } from '@aws-sdk/client-ecs';
import getPort from 'get-port';
import { connectionEnvironment, type EmulatorConnection } from './environment.ts';
import type { SecretReader } from './secrets.ts';
import type { Task } from './tasks.ts';
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
/** Where an image keeps what is MIP's; in an unpacked image that is below its folder. */
const IN_IMAGE = /(^|[=:])\/opt\/mip/g;

/** What ECS would run for a task; unpacks the image if needed. @throws {Error} when image or secrets cannot be read. */
export async function launchOf(options: ProcessOptions): Promise<TaskLaunch> {
  const { home, task, definition } = options;
  const container = definition.containerDefinitions?.[0];
  if (!container?.image) throw new Error(`${definition.family} has no container with an image`);
  const override = task.overrides?.find(({ name }) => name === container.name);
  const image = await unpackImage({ ...imageName(container.image), endpoint: options.connection.endpoint, home });
  const port = container.portMappings?.length ? await getPort({ host: LOOPBACK }) : undefined;
  const command = [override?.command, container.command, image.config.Cmd].find((words) => words?.length) ?? [];
  return {
    command: [...image.config.Entrypoint, ...command],
    cwd: rebase(image.config.WorkingDir, image.root),
    environment: { ...(await environmentOf(options, container, image)), ...listening(port), ...variables(override?.environment) },
    ...(port !== undefined && { port }),
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

/** `host/repository@digest` in its parts. */
export function imageName(image: string): { repository: string; digest: string } {
  const [name = '', digest = ''] = image.split('@');
  if (!digest.startsWith('sha256:')) throw new Error(`the image ${image} is not pinned by digest`);
  return { repository: name.slice(name.indexOf('/') + 1), digest };
}

/** Image, then task definition, then secrets: the later wins. */
async function environmentOf(
  options: ProcessOptions,
  container: ContainerDefinition,
  image: UnpackedImage,
): Promise<Record<string, string>> {
  const fromImage = image.config.Env.map((variable) => {
    const at = variable.indexOf('=');
    return [variable.slice(0, at), rebase(variable.slice(at + 1), image.root)] as const;
  });
  const secrets = (container.secrets ?? []).map(
    async ({ name = '', valueFrom = '' }) => [name, await options.secrets.read(valueFrom)] as const,
  );
  return {
    PATH: [join(options.root, '.venv', 'bin'), dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: options.home,
    LANG: 'C.UTF-8',
    ECS_AGENT_URI: options.agentUri,
    ...connectionEnvironment(options.connection),
    ...Object.fromEntries(fromImage),
    ...inPlace(variables(container.environment), options.replaced),
    ...Object.fromEntries(await Promise.all(secrets)),
  };
}

function inPlace(given: Record<string, string>, replaced: Readonly<Record<string, string>>): Record<string, string> {
  return { ...given, ...Object.fromEntries(Object.entries(replaced).filter(([name]) => name in given)) };
}

function rebase(text: string, root: string): string {
  return text.replace(IN_IMAGE, `$1${root}/opt/mip`);
}

function variables(pairs: readonly KeyValuePair[] = []): Record<string, string> {
  return Object.fromEntries(pairs.map(({ name = '', value = '' }) => [name, value]));
}
