/** What `plan`, `apply` and `up` share: the catalog as it is on disk, held against one region of a platform. */
import { execFile } from 'node:child_process';
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
  type Override,
  type Prepared,
  plan,
  platformIn,
  publishedByBuild,
  type Report,
  readFacts,
} from '@mip/reconcile';
import type { PhysicalNames } from '@mip/registry';
import { type Context, EXIT, Failure } from './context.ts';
import { openPlatform } from './platform.ts';

/** A catalog without faults, and the platform it is for. */
export interface ValidCatalog {
  readonly algorithms: readonly Algorithm[];
  readonly platform: Platform;
  readonly names: PhysicalNames;
  readonly region: string;
  readonly warnings: readonly Problem[];
}

/** A platform that can be planned and applied. */
export interface Workspace {
  readonly aws: Aws;
  readonly input: Input;
}

/** @throws {Failure} that lists every fault with file, line and column (exit code 2). */
export async function loadValid(context: Context, platformName: string): Promise<ValidCatalog> {
  const { platform, names, region } = await openPlatform(context, platformName);
  const { algorithms, problems } = await loadCatalog(context.root);
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length) throw new Failure(`the catalog has faults:\n${errors.map(renderProblem).join('\n')}`, EXIT.pending);
  return { algorithms, platform, names, region, warnings: problems };
}

/** Reads what reconcile needs; writes nothing. Without a connection the AWS SDK's own environment decides. */
export async function openWorkspace(
  context: Context,
  catalog: ValidCatalog,
  connection?: Connection,
  allow: readonly Override[] = [],
): Promise<Workspace> {
  const { algorithms, platform: file, names, region } = catalog;
  const at = connection ?? { region };
  const hashes = algorithms.map(async ({ name, source }) =>
    source ? ([[name, await treeHash(context.root, imageFolders(source))]] as const) : [],
  );
  const treeHashes = new Map((await Promise.all(hashes)).flat());
  const aws = makeAws(at, await publisher(context, catalog, at));
  const facts = await readFacts(new SSMClient(at), names);
  return {
    aws,
    input: {
      algorithms,
      faults: [],
      treeHashes,
      platform: platformIn(region, file, facts),
      now: new Date(),
      allow,
      lineOf: lineOf(algorithms),
    },
  };
}

/** Plans; and makes the changes when there are any. */
export async function applyCatalog(context: Context, { aws, input }: Workspace): Promise<Report> {
  return applyPrepared(context, aws, await plan(aws, input));
}

/** Makes the changes of a plan, in the name of the commit that is checked out. */
export async function applyPrepared(context: Context, aws: Aws, prepared: Prepared): Promise<Report> {
  return apply(aws, prepared, { commit: await commitOf(context.root), now: () => new Date() });
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
