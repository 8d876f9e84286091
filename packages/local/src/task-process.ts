/** One task as a process: the image's command in its unpacked folder, with the environment that ECS would give it. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import { execa } from 'execa';
import { connectionEnvironment, type EmulatorConnection } from './environment.ts';
import type { SecretReader } from './secrets.ts';
import type { TaskProcess } from './tasks.ts';
import { type UnpackedImage, unpackImage } from './unpack.ts';

export interface ProcessOptions {
  readonly root: string;
  readonly home: string;
  readonly connection: EmulatorConnection;
  /** The task's ARN. */
  readonly task: string;
  readonly definition: TaskDefinition;
  readonly secrets: SecretReader;
}

/** A process that was started for a task. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  state(): Pick<TaskProcess, 'running' | 'startedAt' | 'endedAt'>;
  /** SIGTERM, SIGKILL after the container's stop timeout; resolves when it has ended. */
  stop(): Promise<void>;
}

/** ECS's own default. */
const STOP_TIMEOUT_S = 30;
/** Where an image keeps what is MIP's; in an unpacked image that is below its folder. */
const IN_IMAGE = /(^|[=:])\/opt\/mip/g;

/** Unpacks the image if needed and starts its command. @throws {Error} when image or secrets cannot be read. */
export async function startProcess(options: ProcessOptions): Promise<WorkerProcess> {
  const container = options.definition.containerDefinitions?.[0];
  if (!container?.image) throw new Error(`${options.definition.family} has no container with an image`);
  const image = await unpackImage({ ...imageName(container.image), endpoint: options.connection.endpoint, home: options.home });
  const environment = await environmentOf(options, container, image);
  const output = await openLog(options);
  const [command = '', ...args] = container.command?.length
    ? [...image.config.Entrypoint, ...container.command]
    : [...image.config.Entrypoint, ...(image.config.Cmd ?? [])];
  const child = execa(command, args, {
    cwd: rebase(image.config.WorkingDir, image.root),
    env: environment,
    extendEnv: false,
    detached: true, // its own process group: Ctrl-C reaches the supervisor only, which then stops it in order
    cleanup: true,
    reject: false,
    stdio: ['ignore', output, output],
    forceKillAfterDelay: (container.stopTimeout ?? STOP_TIMEOUT_S) * 1000,
  });
  return watch(child, output);
}

/** A started process: a promise of its end. */
type Child = PromiseLike<unknown> & { readonly pid?: number | undefined; kill(signal: 'SIGTERM'): boolean };

/** `host/repository@digest` in its parts. */
export function imageName(image: string): { repository: string; digest: string } {
  const [name = '', digest = ''] = image.split('@');
  if (!digest.startsWith('sha256:')) throw new Error(`the image ${image} is not pinned by digest`);
  return { repository: name.slice(name.indexOf('/') + 1), digest };
}

function watch(child: Child, output: WriteStream): WorkerProcess {
  const startedAt = Date.now();
  let endedAt: number | undefined;
  const ended = child.then(() => {
    endedAt = Date.now();
    output.end();
  });
  return {
    pid: child.pid,
    state: () => ({ running: endedAt === undefined, startedAt, ...(endedAt !== undefined && { endedAt }) }),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Image, then task definition, then secrets: the later wins. Nothing of this process's own environment goes along. */
async function environmentOf(
  options: ProcessOptions,
  container: ContainerDefinition,
  image: UnpackedImage,
): Promise<Record<string, string>> {
  const fromImage = image.config.Env.map((variable) => {
    const at = variable.indexOf('=');
    return [variable.slice(0, at), rebase(variable.slice(at + 1), image.root)] as const;
  });
  const fromTask = (container.environment ?? []).map(({ name = '', value = '' }) => [name, value] as const);
  const secrets = (container.secrets ?? []).map(
    async ({ name = '', valueFrom = '' }) => [name, await options.secrets.read(valueFrom)] as const,
  );
  return {
    PATH: [join(options.root, '.venv', 'bin'), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    HOME: options.home,
    LANG: 'C.UTF-8',
    ...connectionEnvironment(options.connection),
    ...Object.fromEntries([...fromImage, ...fromTask, ...(await Promise.all(secrets))]),
  };
}

function rebase(text: string, root: string): string {
  return text.replace(IN_IMAGE, `$1${root}/opt/mip`);
}

async function openLog({ home, task, definition }: ProcessOptions): Promise<WriteStream> {
  const folder = join(home, 'logs', definition.family ?? 'task');
  await mkdir(folder, { recursive: true });
  const stream = createWriteStream(join(folder, `${task.split('/').at(-1)}.log`), { flags: 'a' });
  await new Promise<void>((resolve, reject) => stream.once('open', () => resolve()).once('error', reject));
  return stream;
}
