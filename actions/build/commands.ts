/** The command lines of container engines, as data. Pure. */
import { join } from 'node:path';
import { TREE_HASH_LABEL } from '@mip/registry/names';

export type Engine = 'docker' | 'podman';
export type Command = readonly [program: string, ...args: string[]];
export type Architecture = 'amd64' | 'arm64';

/** What an image is built from. */
export interface ImageSource {
  /** The repository; its `algorithms/` is what a build sees. */
  readonly root: string;
  readonly algorithm: string;
  readonly version: string;
  /** Relative to the repository. */
  readonly source: string;
  readonly treeHash: string;
  readonly commit: string;
  readonly architectures: readonly Architecture[];
  /** Replaces the Dockerfile's own base; `''` leaves it. */
  readonly baseImage: string;
}

/** Where an image is pushed to, without a tag. `insecure` is for a registry that speaks HTTP. */
export interface Target {
  readonly registry: string;
  readonly repository: string;
  readonly insecure: boolean;
}

/** Builds the image that the cases run in, for one architecture, under a name of this machine. */
export function buildForCases(engine: Engine, of: ImageSource, name: string, architecture: Architecture): Command {
  const platform = ['--platform', `linux/${architecture}`];
  if (engine === 'podman')
    return ['podman', 'build', '--format', 'oci', ...platform, ...annotations('podman', of), '--tag', name, ...source(of)];
  return ['docker', 'buildx', 'build', ...platform, '--load', '--provenance=false', '--tag', name, ...cacheFrom(of), ...source(of)];
}

/** Builds for every architecture and keeps the layers, nothing else: what a pull request breaks is seen before it is merged. */
export function buildEverywhere(of: ImageSource): Command {
  return ['docker', 'buildx', 'build', ...platforms(of), '--output', 'type=cacheonly', ...cacheFrom(of), ...cacheTo(of), ...source(of)];
}

/** Builds for every architecture, from the layers that are there, and pushes by digest; the digest is in `metadata` afterwards. */
export function buildAndPush(of: ImageSource, target: Target, metadata: string): Command {
  const output = ['type=image', `name=${target.registry}/${target.repository}`, 'push-by-digest=true', 'name-canonical=true', 'push=true'];
  const attested = ['--provenance=mode=max', '--sbom=true'];
  return [
    ...['docker', 'buildx', 'build', ...platforms(of)],
    ...['--output', [...output, 'oci-mediatypes=true', ...(target.insecure ? ['registry.insecure=true'] : [])].join(',')],
    ...[...attested, ...annotations('docker', of), '--metadata-file', metadata, ...cacheFrom(of), ...cacheTo(of), ...source(of)],
  ] as unknown as Command;
}

/** Podman pushes no image without a tag: `latest` is the one that may move. The digest is in `digestFile` afterwards. */
export function podmanPush(name: string, target: Target, digestFile: string): Command {
  const destination = `docker://${target.registry}/${target.repository}:latest`;
  return ['podman', 'push', '--format', 'oci', '--digestfile', digestFile, ...tls('podman', target), name, destination];
}

/** The password comes through standard input. */
export function login(engine: Engine, target: Target, username: string): Command {
  return [engine, 'login', '--username', username, '--password-stdin', ...tls(engine, target), target.registry];
}

export function logout(engine: Engine, { registry }: Target): Command {
  return [engine, 'logout', registry];
}

/** `account.dkr.ecr.region.amazonaws.com/name`; with an endpoint of its own for AWS, its registry is there too. */
export function targetOf(repositoryUri: string, endpoint?: string): Target {
  const [registry = '', ...path] = repositoryUri.split('/');
  const repository = path.join('/');
  if (!endpoint) return { registry, repository, insecure: false };
  const { host, protocol } = new URL(endpoint);
  return { registry: host, repository, insecure: protocol === 'http:' };
}

function source({ root, algorithm: _, version, source: folder, treeHash, commit, baseImage }: ImageSource): readonly string[] {
  const values = { ...(baseImage && { BASE: baseImage }), TREE_HASH: treeHash, VERSION: version, REVISION: commit };
  const given = Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  return [...given, '--file', join(root, folder, 'Dockerfile'), join(root, 'algorithms')];
}

/** What finds the image again: the tree hash is what reconcile looks for. An index has it as well as the manifests below it. */
function annotations(engine: Engine, { algorithm, version, treeHash, commit }: ImageSource): readonly string[] {
  const values = {
    [TREE_HASH_LABEL]: treeHash,
    'org.opencontainers.image.title': algorithm,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.revision': commit,
  };
  const level = engine === 'docker' ? 'index,manifest:' : '';
  return Object.entries(values).flatMap(([name, value]) => ['--annotation', `${level}${name}=${value}`]);
}

function platforms({ architectures }: ImageSource): readonly string[] {
  return ['--platform', architectures.map((one) => `linux/${one}`).join(',')];
}

/** GitHub's cache of Actions; where there is none, Buildx goes on without. */
function cacheFrom({ algorithm }: ImageSource): readonly string[] {
  return ['--cache-from', `type=gha,scope=mip-${algorithm}`];
}

function cacheTo({ algorithm }: ImageSource): readonly string[] {
  return ['--cache-to', `type=gha,scope=mip-${algorithm},mode=max,ignore-error=true`];
}

/** Docker takes a registry on loopback for insecure by itself. */
function tls(engine: Engine, { insecure }: Target): readonly string[] {
  return engine === 'podman' && insecure ? ['--tls-verify=false'] : [];
}
