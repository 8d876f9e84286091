/** What `plan`, `apply` and `up` share: the catalog as it is on disk, held against one region of a platform. */
import { execFile } from 'node:child_process';
import { hostname, userInfo } from 'node:os';
import { promisify } from 'node:util';
import { SSMClient } from '@aws-sdk/client-ssm';
import { type Algorithm, imageFolders, loadCatalog, type Platform, type Problem, renderProblem, treeHash } from '@mip/catalog';
import {
  type Aws,
  apply,
  type Connection,
  type ImagePublisher,
  type Input,
  makeAws,
  type Prepared,
  plan,
  platformIn,
  publishedByBuild,
  type Report,
  readFacts,
} from '@mip/reconcile';
import { physicalNames } from '@mip/registry/names';
import { type Context, EXIT, Failure } from './context.ts';
import { openPlatform } from './platform.ts';

/** A catalog without faults, and the platform it is for. */
export interface ValidCatalog {
  readonly algorithms: readonly Algorithm[];
  readonly platform: Platform;
  readonly warnings: readonly Problem[];
}

/** One region of a platform that can be planned and applied. */
export interface Workspace {
  readonly aws: Aws;
  readonly input: Input;
  readonly region: string;
}

/** What a user allows for one run, by name; and how to reach the region, where the AWS SDK's own environment does not say. */
export interface WorkspaceOptions extends Pick<Input, 'allow' | 'adopt'> {
  readonly connect?: (region: string) => Connection;
}

/** @throws {Failure} that lists every fault with file, line and column (exit code 2). */
export async function loadValid(context: Context, platformName: string): Promise<ValidCatalog> {
  const { platform } = await openPlatform(context, platformName);
  const { algorithms, problems } = await loadCatalog(context.root, { platform: platformName });
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length) throw new Failure(`the catalog has faults:\n${errors.map(renderProblem).join('\n')}`, EXIT.pending);
  return { algorithms, platform, warnings: problems };
}

/** Reads what reconcile needs of one region; writes nothing. */
export async function openWorkspace(
  context: Context,
  catalog: ValidCatalog,
  region: string,
  { connect = (at) => ({ region: at }), ...allowed }: WorkspaceOptions = {},
): Promise<Workspace> {
  const { algorithms, platform: file } = catalog;
  const { prefix, account, name } = file;
  const connection = connect(region);
  const hashes = algorithms.map(async ({ name, source }) =>
    source ? ([[name, await treeHash(context.root, imageFolders(source))]] as const) : [],
  );
  const treeHashes = new Map((await Promise.all(hashes)).flat());
  const facts = await readFacts(new SSMClient(connection), physicalNames({ prefix, account, region, platform: name }));
  const platform = platformIn(region, file, facts);
  const input = { algorithms, faults: [], treeHashes, platform, now: new Date(), lineOf: lineOf(algorithms), ...allowed };
  return { aws: makeAws(connection, await publisher(context, catalog, connection)), input, region };
}

/** Plans; and makes the changes when there are any. */
export async function applyCatalog(context: Context, { aws, input }: Workspace): Promise<Report> {
  return applyPrepared(context, aws, await plan(aws, input));
}

/** Makes the changes of a plan, in the name of the commit that is checked out, until somebody presses Ctrl-C. */
export async function applyPrepared(context: Context, aws: Aws, prepared: Prepared): Promise<Report> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop);
  try {
    const commit = await commitOf(context.root);
    const holder = `${userInfo().username} on ${hostname()}`;
    return await apply(aws, prepared, { commit, holder, now: () => new Date(), note: context.warn, signal: interrupt.signal });
  } finally {
    process.off('SIGINT', stop);
  }
}

/** Where in its file an algorithm says something. */
function lineOf(algorithms: readonly Algorithm[]): (file: string, pointer: string) => number {
  const byFile = new Map(algorithms.map((algorithm) => [algorithm.file, algorithm]));
  return (file, pointer) => byFile.get(file)?.position(pointer).line ?? 1;
}

/** The platform file says who pushes images: the build action did before, or this process packs them. */
async function publisher(context: Context, { algorithms, platform }: ValidCatalog, connection: Connection): Promise<ImagePublisher> {
  if (platform.images.publisher !== 'packer') return publishedByBuild;
  const endpoint = connection.endpoint ?? context.environment.AWS_ENDPOINT_URL;
  if (!endpoint) throw new Failure('AWS_ENDPOINT_URL is not set: a platform that packs its images needs a registry to push them to.');
  const { LocalPublisher } = await import('@mip/local/pack');
  return new LocalPublisher({ root: context.root, endpoint, algorithms });
}

/** The commit that is checked out, with `-dirty` where the work tree differs; `unknown` outside a repository. */
async function commitOf(root: string): Promise<string> {
  const git = async (...args: string[]) => (await promisify(execFile)('git', args, { cwd: root })).stdout.trim();
  try {
    const [commit, changes] = await Promise.all([git('rev-parse', 'HEAD'), git('status', '--porcelain', '--', 'catalog', 'algorithms')]);
    return changes ? `${commit}-dirty` : commit;
  } catch {
    return 'unknown';
  }
}
