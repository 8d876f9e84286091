/** The action `plan` on 1,000 algorithms, for a pull request, beside the engine by itself: same catalog, same AWS, same plan. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitHubDouble } from '../tests/github/double.ts';
import { bundled } from './bundle.ts';
import { catalogOf, ROOT } from './catalog-of.ts';
import { type Cost, measuredMeanwhile } from './measured.ts';
import { bound, median, type Row } from './row.ts';
import { timesRow } from './validate-rows.ts';
import { PLATFORM as BENCH, ROLES } from './wanted.ts';

const ALGORITHMS = 1000;
/** The one that the in-memory AWS has policies for. */
const PLATFORM = 'test';
const ROUNDS = 7;
/** Milliseconds that the action may add to the engine. */
const MOST_ADDED = 1000;

/** @param script the bundled action */
export async function actionPlanRows(script: string, log: (line: string) => void): Promise<readonly Row[]> {
  const title = `plan ${ALGORITHMS} algorithms for a pull request`;
  const repository = wholeCatalog();
  // What goes into every image: the engine hashes it.
  for (const folder of ['algorithms/sdk', 'algorithms/kernels']) cpSync(join(ROOT, folder), join(repository, folder), { recursive: true });
  const github = await GitHubDouble.open();
  log(`${title}: filling AWS`);
  const aws = await startAws(repository);
  try {
    const proposed = propose(github, repository);
    const own: Cost[] = [];
    const other: Cost[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const [planned, engine] = [await planAction(script, { ...proposed, github, aws }), await planByEngine(repository, aws)];
      if (planned.digest !== engine.digest) throw new Error(`the action's plan is ${planned.digest}, the engine's ${engine.digest}`);
      own.push(planned);
      other.push(engine);
      log(`${title}, round ${round} of ${ROUNDS}: ${planned.ms.toFixed(0)} ms, the engine by itself ${engine.ms.toFixed(0)} ms`);
    }
    if (github.violations.length > 0) throw new Error(github.violations.join('\n'));
    const [mine, theirs] = [own.map(({ ms }) => ms), other.map(({ ms }) => ms)];
    const added = median(mine.map((ms, index) => ms - (theirs[index] ?? Number.NaN)));
    return [
      timesRow(`${title}, whole process`, { name: 'the engine by itself', goal: null }, mine, theirs),
      bound(`${title}, beyond the engine's own time`, 'ms', Math.max(added, 1), MOST_ADDED),
    ];
  } finally {
    aws.stop();
    await github.close();
    rmSync(repository, { recursive: true, force: true });
  }
}

/** The benchmarks' catalog, with what goes into every image, for a platform that has room for it. */
function wholeCatalog(): string {
  const repository = catalogOf(ALGORITHMS);
  for (const folder of ['algorithms/sdk', 'algorithms/kernels']) cpSync(join(ROOT, folder), join(repository, folder), { recursive: true });
  const bench = readFileSync(join(repository, 'catalog/platforms', `${BENCH}.yaml`), 'utf8');
  const quotas = `quotas: { fargate_vcpus: 10000, iam_roles: ${ROLES}, ecs_services: ${ALGORITHMS} }\nroles: { one_each_up_to: ${ALGORITHMS} }\n`;
  writeFileSync(join(repository, 'catalog/platforms', `${PLATFORM}.yaml`), bench.replace(`name: ${BENCH}`, `name: ${PLATFORM}`) + quotas);
  return repository;
}

interface Aws {
  readonly endpoint: string;
  stop(): void;
}

async function startAws(repository: string): Promise<Aws> {
  const child = spawn(process.execPath, [bundled(join(ROOT, 'benchmarks/aws-http.ts')), repository, PLATFORM], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the process that plays AWS ended with ${code}`)));
  ended.catch(() => undefined);
  const [line] = await Promise.race([once(child.stdout, 'data'), ended]);
  return { endpoint: String(line).trim(), stop: () => child.stdin.end() };
}

interface Proposed {
  readonly repository: string;
  readonly number: number;
  readonly base: string;
  readonly head: string;
}

/** A pull request that lets one algorithm have a task more: its row in the registry changes. */
function propose(github: GitHubDouble, repository: string): Proposed {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: repository, encoding: 'utf8' }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'Begin');
  const base = git('rev-parse', 'HEAD');
  git('switch', '--quiet', '--create', 'change');
  const [entry = ''] = globSync('catalog/algorithms/*.yaml', { cwd: repository });
  const text = readFileSync(join(repository, entry), 'utf8');
  writeFileSync(join(repository, entry), text.replace('scaling: { min: 0, max: 4,', 'scaling: { min: 0, max: 5,'));
  git('add', '--all');
  git('commit', '--quiet', '--message', 'One task more');
  git('push', '--quiet', github.repository.directory, 'main', 'change');
  const number = github.repository.pullRequest({ head: 'change' });
  return { repository, number, base, head: git('rev-parse', 'HEAD') };
}

type Planned = Cost & { readonly digest: string };

async function planAction(script: string, of: Proposed & { readonly github: GitHubDouble; readonly aws: Aws }): Promise<Planned> {
  const folder = mkdtempSync(join(tmpdir(), 'mip-bench-run-'));
  const at = (file: string) => join(folder, file);
  const payload = { pull_request: { number: of.number, head: { sha: of.head }, base: { sha: of.base } } };
  for (const [file, text] of [['event.json', JSON.stringify(payload)] as const, ['output', ''] as const, ['summary', ''] as const])
    writeFileSync(at(file), text);
  const inputs = {
    PATH: '.',
    PLATFORM,
    BASE: of.base,
    'PULL-REQUEST': String(of.number),
    OFFLINE: 'false',
    'GITHUB-TOKEN': of.github.token(),
  };
  const environment = {
    ...environmentOf(of.aws),
    ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name}`, value])),
    ...{ GITHUB_API_URL: of.github.url, GITHUB_REPOSITORY: 'octo/catalog', GITHUB_WORKSPACE: of.repository, GITHUB_SHA: of.head },
    ...{ GITHUB_EVENT_NAME: 'pull_request', GITHUB_EVENT_PATH: at('event.json') },
    ...{ GITHUB_OUTPUT: at('output'), GITHUB_STEP_SUMMARY: at('summary') },
  };
  try {
    const cost = await measuredMeanwhile([process.execPath, script], { environment, folder: of.repository });
    const digest = /sha256:[0-9a-f]{64}/.exec(readFileSync(at('output'), 'utf8'))?.[0] ?? '';
    return { ...cost, digest };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function planByEngine(repository: string, aws: Aws): Promise<Planned> {
  const program = bundled(join(ROOT, 'benchmarks/engine-plan.ts'));
  const cost = await measuredMeanwhile([process.execPath, program, repository, PLATFORM], { environment: environmentOf(aws) });
  const { digest, changes }: { digest: string; changes: number } = JSON.parse(cost.output);
  if (changes !== 1) throw new Error(`the engine plans ${changes} changes, not one`);
  return { ...cost, digest };
}

function environmentOf({ endpoint }: Aws): Record<string, string> {
  const { PATH = '' } = process.env;
  return { PATH, AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench' };
}
