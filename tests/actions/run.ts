/** Runs an action as a runner does, its bundle where that is of today's sources: a process with inputs, an event and files for its outputs and its summary. */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { committedBundle } from '../../tools/bundle-cache.ts';

const root = join(import.meta.dirname, '..', '..');

export interface ActionOptions {
  readonly inputs: Readonly<Record<string, string | number | undefined>>;
  /** What the runner sets: where GitHub's API is, which event, which commit. */
  readonly event: { readonly name: string; readonly payload: object };
  readonly repository?: string;
  readonly sha?: string;
  readonly actor?: string;
  /** GitHub's API. */
  readonly apiUrl?: string;
  /** The workspace: where the repository is checked out. */
  readonly workspace: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The action's program; by default this repository's. */
  readonly action?: string;
}

/** As GitHub shows it. `line` and `column` count from 1. */
export interface ShownAnnotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly title: string | undefined;
  readonly message: string;
}

export interface ActionResult {
  readonly code: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown. */
  readonly summary: string;
  readonly annotations: readonly ShownAnnotation[];
  /** All that it wrote. */
  readonly log: string;
}

/** Started and not waited for: to be stopped half-way. */
export interface RunningAction {
  readonly done: Promise<ActionResult>;
  /** Resolves when it has written that; it fails when the action ends without it. */
  said(words: RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export async function runAction(name: string, options: ActionOptions): Promise<ActionResult> {
  return startAction(name, options).done;
}

export function startAction(name: string, options: ActionOptions): RunningAction {
  const files = mkdtempSync(join(tmpdir(), 'mip-action-'));
  const at = (file: string) => join(files, file);
  writeFileSync(at('event.json'), JSON.stringify(options.event.payload));
  for (const file of ['output', 'summary', 'env', 'state']) writeFileSync(at(file), '');
  const child = spawn(process.execPath, [options.action ?? programOf(name)], {
    cwd: options.workspace,
    env: { ...inherited(), ...runnerVariables(options, at), ...inputVariables(options.inputs), ...options.environment },
  });
  let log = '';
  const written = new EventEmitter();
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      log += chunk;
      written.emit('more');
    });
  const done = new Promise<ActionResult>((resolve) => {
    child.on('close', (code) => {
      const outputs = parseOutputs(readFileSync(at('output'), 'utf8'));
      const summary = readFileSync(at('summary'), 'utf8');
      rmSync(files, { recursive: true, force: true });
      resolve({ code, outputs, summary, annotations: parseAnnotations(log), log });
    });
  });
  const said = async (words: RegExp) => {
    while (!words.test(log)) {
      if (child.exitCode !== null) throw new Error(`${name} ended without saying ${words}: ${log}`);
      await Promise.race([once(written, 'more'), done]);
    }
  };
  return { done, said, kill: (signal) => child.kill(signal) };
}

function programOf(name: string): string {
  const bundle = committedBundle(root, name);
  return bundle ? join(bundle, 'index.js') : join(root, 'actions', name, 'main.ts');
}

/** Nothing of the machine but what a process needs, and where it is up soonest. */
function inherited(): Record<string, string> {
  const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '' } = process.env;
  return { PATH, HOME, NODE_COMPILE_CACHE };
}

function runnerVariables(
  { event, repository = 'octo/catalog', sha = '', actor = 'alice', apiUrl, workspace }: ActionOptions,
  at: (file: string) => string,
) {
  return {
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: repository,
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: at('event.json'),
    GITHUB_SHA: sha,
    GITHUB_ACTOR: actor,
    GITHUB_RUN_ID: '4711',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: apiUrl ?? 'http://127.0.0.1:1',
    GITHUB_WORKSPACE: workspace,
    GITHUB_OUTPUT: at('output'),
    GITHUB_STEP_SUMMARY: at('summary'),
    GITHUB_ENV: at('env'),
    GITHUB_STATE: at('state'),
  };
}

function inputVariables(inputs: ActionOptions['inputs']): Record<string, string> {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, String(value ?? '')]));
}

/** `name<<delimiter`, lines, `delimiter`. */
function parseOutputs(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^([\w-]+)<<(\S+)\n([\s\S]*?)\n?\2$/gm)].map(([, name = '', , value = '']) => [name, value]));
}

/** `::error file=…,line=…::message`, with GitHub's escapes. */
function parseAnnotations(log: string): readonly ShownAnnotation[] {
  return [...log.matchAll(/^::(error|warning|notice)(?: ([^\n]*?))?::(.*)$/gm)].map(([, level, properties = '', message = '']) => {
    const fields = Object.fromEntries(properties.split(',').map((pair) => pair.split(/=(.*)/s).slice(0, 2).map(unescaped)));
    const number = (field: string) => (fields[field] === undefined ? undefined : Number(fields[field]));
    return {
      level: level as ShownAnnotation['level'],
      file: fields.file,
      line: number('line'),
      column: number('col'),
      title: fields.title,
      message: unescaped(message),
    };
  });
}

function unescaped(text: string): string {
  return text.replaceAll(/%(25|0D|0A|3A|2C)/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
}
