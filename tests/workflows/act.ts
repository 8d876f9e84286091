/**
 * Runs a workflow as GitHub would, with `act`, on this machine: its jobs in order, its expressions, its steps. The actions of the repository are
 * the real ones; those of others are the stand-ins in `stubs/`. What act does not do: concurrency, environments, permissions, artifacts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..', '..');
const stubs = join(import.meta.dirname, 'stubs');

export type EventName = 'pull_request' | 'pull_request_review' | 'push' | 'workflow_dispatch' | 'schedule';

export interface WorkflowOptions {
  /** The checkout that it runs in: it has `.github/workflows` and what they use by path. It is copied, not changed. */
  readonly workspace: string;
  /** Without `.yml`. */
  readonly workflow: string;
  readonly event: EventName;
  /** What GitHub says of the event. */
  readonly payload?: object;
  /** Of a dispatch; all are texts there, `true` too. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  /** Repositories whose actions it uses by name, as `owner/name@ref`, and the folders that they are in; others have a stand-in. */
  readonly repositories?: Readonly<Record<string, string>>;
  readonly actor?: string;
  readonly token?: string;
  /** Of every step: where GitHub's API is, and what the stand-ins read. */
  readonly environment?: Readonly<Record<string, string>>;
  /** A folder whose programs come first. */
  readonly programs?: string;
  /** Breaks the run off, as somebody does on the run's page. */
  readonly signal?: AbortSignal;
}

/** `line` and `column` count from 1. */
export interface Annotation {
  readonly job: string;
  readonly level: 'error' | 'warning' | 'notice';
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly message: string;
}

export interface Job {
  readonly result: 'success' | 'failure' | 'cancelled';
  /** What ran, in order: a path, an action or a script. A step that was skipped is not there. */
  readonly steps: readonly string[];
  /** Of all its steps, by `<id>.<name>`; a step without an id has its number. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown. */
  readonly summary: string;
  /** What its steps printed. */
  readonly printed: string;
}

export interface WorkflowRun {
  readonly code: number | null;
  /** Those that ran; one that was skipped is not there. */
  readonly jobs: Readonly<Record<string, Job>>;
  readonly annotations: readonly Annotation[];
  /** All that act said, for a test that failed. */
  readonly log: string;
}

export async function runWorkflow(options: WorkflowOptions): Promise<WorkflowRun> {
  const home = mkdtempSync(join(tmpdir(), 'mip-act-'));
  try {
    const event = join(home, 'event.json');
    writeFileSync(event, JSON.stringify({ ...options.payload, ...(options.inputs && { inputs: options.inputs }) }));
    const { code, log } = await act(argumentsOf(options, event), options, home);
    return { code, ...readLog(log) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function argumentsOf(options: WorkflowOptions, file: string): string[] {
  const { workspace, workflow, event, repositories = {}, variables, actor, token, environment } = options;
  const each = (flag: string, values: Readonly<Record<string, string>> = {}) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  return [
    ...[event, '--json', '--no-cache-server', '--pull=false', '--platform', 'ubuntu-latest=-self-hosted'],
    ...['--workflows', `.github/workflows/${workflow}.yml`, '--eventpath', file, '--actor', actor ?? 'alice'],
    ...each('--local-repository', { ...standIns(workspace, Object.keys(repositories)), ...repositories }),
    ...each('--env', { GITHUB_REPOSITORY: 'octo/catalog', ...environment }),
    ...each('--var', variables),
    ...(token === undefined ? [] : ['--secret', `GITHUB_TOKEN=${token}`]),
  ];
}

/** What the workflows use of others, as they name it → its stand-in. @throws {Error} for one that has none. */
function standIns(workspace: string, known: readonly string[]): Record<string, string> {
  const files = globSync('.github/workflows/*.yml', { cwd: workspace }).map((file) => readFileSync(join(workspace, file), 'utf8'));
  const matches = files.flatMap((text) => [...text.matchAll(/uses: ([\w.-]+\/[\w.-]+)[\w./-]*(@[\w.-]+)/g)]);
  const used = new Set(matches.map(([, name, ref]) => `${name}${ref}`).filter((name) => !known.includes(name)));
  return Object.fromEntries(
    [...used].map((name) => {
      const folder = join(stubs, name.split('@')[0] ?? '');
      if (!existsSync(folder)) throw new Error(`${name} has no stand-in: write ${relative(root, folder)}`);
      return [name, folder];
    }),
  );
}

type Placed = Pick<WorkflowOptions, 'workspace' | 'programs' | 'signal'>;

async function act(
  args: readonly string[],
  { workspace, programs, signal }: Placed,
  home: string,
): Promise<{ code: number | null; log: string }> {
  const path = [...(programs ? [programs] : []), heardOut(home), dirname(process.execPath), join(root, '.venv', 'bin'), process.env.PATH];
  const child = spawn(join(root, '.venv', 'bin', 'act'), [...args, '--action-cache-path', join(home, 'cache')], {
    cwd: workspace,
    env: { PATH: path.join(':'), HOME: home },
  });
  signal?.addEventListener('abort', () => child.kill('SIGINT'));
  const said: string[] = [];
  createInterface(child.stdout).on('line', (line) => {
    const [, failed] = LAST_WORDS.exec(line) ?? [];
    if (failed) writeFileSync(join(home, failed), '');
    else said.push(line);
  });
  createInterface(child.stderr).on('line', (line) => said.push(line));
  const [code] = await once(child, 'close');
  return { code, log: said.join('\n') };
}

const LAST_WORDS = /the last words of (\d+)/;

/**
 * Once a step has failed, act stops reading what it printed, and its last lines may be lost. So what a step runs ends, when it failed, only after
 * what it printed was seen. @returns the folder of those programs.
 */
function heardOut(home: string): string {
  const folder = join(home, 'programs');
  mkdirSync(folder);
  for (const [name, program] of Object.entries({ node: process.execPath, bash: '/bin/bash' })) {
    const script = [
      '#!/bin/bash', // which, unlike sh, hands on INPUT_GITHUB-TOKEN
      '[ "$*" = "--no-warnings -e console.log(process.execPath)" ] && exec echo "$0"', // by which act runs actions from then on
      `'${program}' "$@"`,
      'code=$?',
      'if [ $code = 0 ] || ! [ -t 1 ]; then exit $code; fi', // what is not a step itself prints to a file or a pipe
      'echo "the last words of $$"',
      `until [ -e '${home}'/$$ ]; do sleep 0.01; done`,
      'exit $code',
    ];
    writeFileSync(join(folder, name), `${script.join('\n')}\n`, { mode: 0o755 });
  }
  return folder;
}

/** A line of act's log, as far as it is read. */
interface Line {
  readonly jobID?: string;
  readonly stage?: string;
  readonly step?: string;
  readonly stepID?: readonly string[];
  readonly stepResult?: string;
  readonly jobResult?: Job['result'];
  readonly raw_output?: boolean;
  readonly msg?: string;
  readonly command?: string;
  readonly name?: string;
  readonly arg?: string;
  readonly content?: string;
  readonly kvPairs?: Readonly<Record<string, string>>;
}

function readLog(log: string): Omit<WorkflowRun, 'code'> {
  const lines = log.split('\n').flatMap((line): Line[] => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const byJob = Map.groupBy(lines, ({ jobID }) => jobID);
  const ran = [...byJob].flatMap(([id, own]) => {
    const result = own.find(({ jobResult }) => jobResult)?.jobResult;
    return id && result ? [[id, jobOf(own, result)] as const] : [];
  });
  return { jobs: Object.fromEntries(ran), annotations: lines.flatMap(annotationOf), log: log.replaceAll(/^\{.*/gm, sentenceOf) };
}

/** A record as a person reads it. */
function sentenceOf(record: string): string {
  const { jobID = 'act', msg = '' }: Line = JSON.parse(record);
  return `${jobID}: ${msg.trimEnd()}`;
}

function jobOf(lines: readonly Line[], result: Job['result']): Job {
  const of = (command: string) => lines.filter((line) => line.command === command);
  return {
    result,
    steps: lines.flatMap(({ stage, step = '', stepResult }) =>
      stage === 'Main' && stepResult ? [step.replace(/@[0-9a-f]{40}$/, '')] : [],
    ),
    outputs: Object.fromEntries(of('set-output').map(({ stepID = [], name, arg = '' }) => [`${stepID.join('.')}.${name}`, arg])),
    summary: of('summary')
      .map(({ content = '' }) => content)
      .join('\n'),
    printed: lines.map(({ raw_output, msg = '' }) => (raw_output ? msg : '')).join(''),
  };
}

function annotationOf({ jobID = '', command, arg = '', kvPairs = {} }: Line): Annotation[] {
  if (command !== 'error' && command !== 'warning' && command !== 'notice') return [];
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const { file, line, col } = kvPairs;
  return [{ job: jobID, level: command, file, line: number(line), column: number(col), message: arg }];
}
