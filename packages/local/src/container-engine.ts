/** A container engine of this machine: the local cloud needs none, and uses one only where it is asked to. */
import { ExecaError, execa } from 'execa';

export type EngineName = 'podman' | 'docker';

/** The variables of a process; it finds the engine's programs and settings by them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What `--containers` was given. */
export interface ContainerOptions {
  /** Without it the first that answers. */
  readonly engine?: EngineName | undefined;
  /** Instead of the Dockerfiles' own. */
  readonly baseImage?: string | undefined;
}

/** An engine that answered. */
export interface Engine {
  readonly name: EngineName;
  readonly baseImage: string | undefined;
  /** Of its own processes. */
  readonly environment: Variables;
}

/** Podman first: it needs no daemon, so it answers only for itself. */
const ENGINES: readonly EngineName[] = ['podman', 'docker'];
/** By which `mip apply` in another terminal knows how the running local cloud has its images. */
const VARIABLES = { engine: 'MIP_CONTAINER_ENGINE', baseImage: 'MIP_BASE_IMAGE' } as const;

/** @throws {Error} with a sentence when there is none, or not the one that was asked for. */
export async function findEngine({ engine, baseImage }: ContainerOptions, environment: Variables): Promise<Engine> {
  const words: string[] = [];
  for (const name of engine ? [engine] : ENGINES) {
    const reason = await whyNot(name, environment);
    if (reason === undefined) return { name, baseImage, environment };
    words.push(`${name}: ${reason}`);
  }
  throw new Error(
    `There is no container engine that answers (${words.join('; ')}). Install Podman (Debian: apt-get install podman) or start Docker, or leave --containers out: the local cloud runs without one.`,
  );
}

/** The engine of a local cloud that runs, as its environment file says; undefined where tasks are processes. */
export function engineIn(environment: Variables): Engine | undefined {
  const name = ENGINES.find((one) => one === environment[VARIABLES.engine]);
  return name && { name, baseImage: environment[VARIABLES.baseImage] || undefined, environment };
}

/** What `engineIn` reads; empty ones take the place of those of a run before. */
export function engineVariables(engine: Engine | undefined): Readonly<Record<string, string>> {
  return { [VARIABLES.engine]: engine?.name ?? '', [VARIABLES.baseImage]: engine?.baseImage ?? '' };
}

/** @returns what it printed. @throws {Error} with the engine's last words. */
export async function runEngine({ name, environment }: Engine, args: readonly string[]): Promise<string> {
  try {
    return (await execa(name, args, { env: environment, extendEnv: false, stdin: 'ignore' })).stdout;
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    throw new Error(`${name} ${args[0]} failed: ${lastLines(String(error.stderr || error.stdout || error.shortMessage))}`);
  }
}

async function whyNot(name: EngineName, environment: Variables): Promise<string | undefined> {
  const { failed, code, stderr } = await execa(name, ['info'], { env: environment, extendEnv: false, reject: false, stdin: 'ignore' });
  if (!failed) return undefined;
  return code === 'ENOENT' ? 'not installed' : lastLines(stderr, 1) || 'it does not run';
}

function lastLines(text: string, count = 5): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
