/** What a container engine is told, as data. Pure. */
import type { ContainerDefinition, TaskDefinition } from '@aws-sdk/client-ecs';
import { parseEcrName } from '@mip/registry/ecr';
import { TREE_HASH_LABEL } from '@mip/registry/names';
import type { EngineName } from './container-engine.ts';
import { imageName } from './image-name.ts';

/** What is built, from the repository's `algorithms/`. */
export interface Build {
  readonly root: string;
  /** Relative to the repository. */
  readonly source: string;
  readonly tag: string;
  readonly treeHash: string;
  readonly version: string;
  readonly baseImage: string | undefined;
}

export function buildCommand(engine: EngineName, { root, source, tag, treeHash, version, baseImage }: Build): readonly string[] {
  const values = { ...(baseImage && { BASE: baseImage }), TREE_HASH: treeHash, VERSION: version, REVISION: 'work tree' };
  const given = Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  // Without Docker's attestations it is a manifest, not an index of some; without a platform it is of this machine's.
  const how = engine === 'docker' ? ['buildx', 'build', '--load', '--provenance=false'] : ['build', '--format', 'oci'];
  return [...how, ...given, '--tag', tag, '--file', `${root}/${source}/Dockerfile`, `${root}/algorithms`];
}

/** Docker takes a registry on loopback for one without TLS, and pushes what it tagged. */
export function pushCommands(engine: EngineName, from: string, to: string): readonly (readonly string[])[] {
  if (engine === 'podman') return [['push', '--quiet', '--tls-verify=false', '--format', 'oci', from, `docker://${to}`]];
  return [
    ['tag', from, to],
    ['push', '--quiet', to],
  ];
}

/** @param reference `registry/repository@digest` of the emulator. */
export function pullCommand(engine: EngineName, reference: string): readonly string[] {
  return ['pull', '--quiet', ...(engine === 'podman' ? ['--tls-verify=false'] : []), reference];
}

/** One task: the first container of its definition. */
export interface Order {
  /** Of the container. */
  readonly name: string;
  /** Which local cloud's it is: its state folder. */
  readonly home: string;
  /** The emulator's base URL; its registry is there too. */
  readonly endpoint: string;
  readonly definition: TaskDefinition;
  readonly container: ContainerDefinition;
  readonly command: readonly string[];
  /** The names of its variables: their values are in the environment of the engine's process, so no list of processes shows a secret. */
  readonly variables: readonly string[];
}

/** Of every container of a local cloud; the value is its state folder. */
const LABEL = 'mip.home';

/** As ECS would run it: the size, the user, the root and the rights that its definition says, on the network of this machine. */
export function runCommand(engine: EngineName, order: Order): readonly string[] {
  const { name, home, endpoint, container, variables } = order;
  const [program, ...words] = container.entryPoint ?? [];
  const image = imageFrom(container.image ?? '', endpoint);
  const podman = engine === 'podman' ? ['--read-only-tmpfs=false', ...(image.own ? ['--tls-verify=false'] : [])] : [];
  return [
    ...['run', '--rm', '--name', name, '--label', `${LABEL}=${home}`, '--network', 'host', '--pull', 'missing'],
    ...[...rightsOf(container), ...podman, ...sizeOf(order.definition)],
    ...variables.flatMap((variable) => ['--env', variable]),
    ...(program === undefined ? [] : ['--entrypoint', program]),
    ...[image.reference, ...words, ...order.command],
  ];
}

export function removeCommand(engine: EngineName, names: readonly string[]): readonly string[] {
  return ['rm', '--force', ...(engine === 'podman' ? ['--time', '0'] : []), ...names]; // Docker waits for nothing
}

/** Lists what a local cloud left behind. */
export function listCommand(home: string): readonly string[] {
  return ['ps', '--all', '--quiet', '--filter', `label=${LABEL}=${home}`];
}

function rightsOf({ user, readonlyRootFilesystem, linuxParameters }: ContainerDefinition): readonly string[] {
  return [
    ...(user ? ['--user', user] : []),
    ...(readonlyRootFilesystem ? ['--read-only'] : []),
    ...(linuxParameters?.capabilities?.drop ?? []).flatMap((capability) => ['--cap-drop', capability]),
    ...['--security-opt', 'no-new-privileges'],
    ...(linuxParameters?.initProcessEnabled ? ['--init'] : []), // else a SIGTERM is lost until the program has its own handler
  ];
}

/** The memory is a limit, as on Fargate; processors are a share, for this machine may have fewer. */
function sizeOf({ cpu, memory }: TaskDefinition): readonly string[] {
  const most = `${memory}m`;
  return [...(memory ? ['--memory', most, '--memory-swap', most] : []), ...(cpu ? ['--cpu-shares', cpu] : [])];
}

/** An image of the platform's own registry is at the emulator; somebody else's is where its name says. */
function imageFrom(image: string, endpoint: string): { readonly own: boolean; readonly reference: string } {
  const [registry = ''] = image.split('/');
  const { host, port } = new URL(endpoint);
  const own = parseEcrName(image) !== undefined || registry.endsWith(`:${port}`);
  if (!own) return { own, reference: image };
  const { repository, digest } = imageName(image);
  return { own, reference: `${host}/${repository}@${digest}` };
}

/** The name of an image on this machine before it is pushed. */
export function localTag(algorithm: string, treeHash: string): string {
  return `localhost/mip-local/${algorithm}:${treeHash.slice(treeHash.indexOf(':') + 1).slice(0, 16)}`;
}

/** What reconcile finds an image by. */
export function annotationsOf(algorithm: string, tag: string, treeHash: string): Readonly<Record<string, string>> {
  return { [TREE_HASH_LABEL]: treeHash, 'org.opencontainers.image.title': algorithm, 'org.opencontainers.image.version': tag };
}
