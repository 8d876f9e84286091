/** What `plan`, `apply` and `up` share: the catalog as it is on disk, held against one region of a platform. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadCatalog, type Problem, renderProblem } from '@mip/catalog';
import { CandidateConformance, type Interpreter } from '@mip/conformance';
import {
  type Allowed,
  type Aws,
  apply,
  type CatalogOnDisk,
  type Connection,
  type ImagePublisher,
  openRegion,
  type Prepared,
  plan,
  publishedByBuild,
  type Region,
  type Report,
} from '@mip/reconcile';
import { type Context, EXIT, Failure } from './context.ts';
import { openPlatform } from './platform.ts';

/** A catalog without faults, and the platform it is for. */
export interface ValidCatalog extends CatalogOnDisk {
  readonly warnings: readonly Problem[];
}

/** What a user allows for one run, by name; and how to reach the region, where the AWS SDK's own environment does not say. */
export interface WorkspaceOptions extends Allowed {
  readonly connect?: (region: string) => Connection;
}

/** @throws {Failure} that lists every fault with file, line and column (exit code 2). */
export async function loadValid(context: Context, platformName: string): Promise<ValidCatalog> {
  const { platform } = await openPlatform(context, platformName);
  const { algorithms, problems } = await loadCatalog(context.root, { platform: platformName });
  const errors = problems.filter((problem) => problem.severity === 'error');
  if (errors.length) throw new Failure(`the catalog has faults:\n${errors.map(renderProblem).join('\n')}`, EXIT.pending);
  return { root: context.root, algorithms, platform, warnings: problems };
}

/** Reads what reconcile needs of one region; writes nothing. */
export async function openWorkspace(
  context: Context,
  catalog: ValidCatalog,
  region: string,
  { connect = (at) => ({ region: at }), ...allowed }: WorkspaceOptions = {},
): Promise<Region> {
  const connection = connect(region);
  return openRegion(
    catalog,
    { connection, images: await publisher(context, catalog, connection), conformer: conformer(context, catalog) },
    allowed,
  );
}

/** Plans; and makes the changes when there are any. */
export async function applyCatalog(context: Context, { aws, input }: Region): Promise<Report> {
  return applyPrepared(context, aws, await plan(aws, input));
}

/** Makes the changes of a plan until somebody presses Ctrl-C. */
export async function applyPrepared(context: Context, aws: Aws, prepared: Prepared): Promise<Report> {
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop);
  try {
    return await apply(aws, prepared, { ...(await holding(context)), signal: interrupt.signal });
  } finally {
    process.off('SIGINT', stop);
  }
}

/** In the name of the commit that is checked out, by whoever is here. */
export async function holding(context: Context) {
  const holder = `${userInfo().username} on ${hostname()}`;
  return { commit: await commitOf(context.root), holder, now: () => new Date(), note: context.warn };
}

/** Who says whether a candidate has passed: the judge of this repository, in its Python environment. */
function conformer({ root, environment }: Context, { algorithms }: ValidCatalog): CandidateConformance {
  if (scratch === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'mip-candidates-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    scratch = made;
  }
  const tools = { tools: root, root, python: pythonOf({ root, environment }) };
  return new CandidateConformance(tools, algorithms, mkdtempSync(join(scratch, 'run-')));
}

/** Of this process, which may apply many times. */
let scratch: string | undefined;

/** The Python of a repository. What it runs sees this environment and no secret of ours. */
export function pythonOf({ root, environment }: Pick<Context, 'root' | 'environment'>): Interpreter {
  return { program: join(root, '.venv', 'bin', 'python'), environment: { PATH: environment.PATH ?? '', LANG: 'C.UTF-8' } };
}

/** The platform file says who pushes images: the build action did before, or this process packs them. */
async function publisher(context: Context, { algorithms, platform }: ValidCatalog, connection: Connection): Promise<ImagePublisher> {
  if (platform.images.publisher !== 'packer') return publishedByBuild;
  const endpoint = connection.endpoint ?? context.environment.AWS_ENDPOINT_URL;
  if (!endpoint) throw new Failure('AWS_ENDPOINT_URL is not set: a platform that packs its images needs a registry to push them to.');
  const { publisherOf } = await import('@mip/local/publisher');
  return publisherOf({ root: context.root, endpoint, algorithms, environment: context.environment });
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
