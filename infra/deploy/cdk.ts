/** The `cdk` command, the one of the lock file, as a child process. */

import { join } from 'node:path';
import { execa } from 'execa';

export interface CdkOptions {
  /** The repository, whose `cdk` it is. */
  readonly root: string;
  /** Where it runs, and where its caches go: they would else go to the user's home. */
  readonly home: string;
  /** Set over the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told each resource that is ready, as one line. */
  readonly log: (line: string) => void;
  /** A person is at the terminal: the command may ask there, and shows its own progress on standard error. */
  readonly terminal?: boolean;
  /** Gives up: the command would go on asking an endpoint that is gone for minutes. */
  readonly signal?: AbortSignal;
}

/** How rights are asked about: the words of `cdk --require-approval`. */
export const APPROVALS = ['never', 'broadening', 'any-change'] as const;
export type Approval = (typeof APPROVALS)[number];

/** What `cdk deploy` takes to deploy one stack and none that it depends on. */
export function deploymentOf(assembly: string, stack: string, approval: Approval): readonly string[] {
  return ['deploy', stack, '--exclusively', '--app', assembly, '--require-approval', approval, '--progress', 'events'];
}

/** The lines of its output that say why it failed. */
const TAIL = 30;
const NOBODY_TO_ASK = /terminal \(TTY\) is not attached/;

/** Rights would have been broadened, and there was nobody to ask. */
export class NobodyToAsk extends Error {
  override readonly name = 'NobodyToAsk';
}

/** @throws Error with the end of the command's output when it fails. */
export async function cdk(options: CdkOptions, args: readonly string[]): Promise<void> {
  const { root, home, env, log, terminal = false, signal } = options;
  const running = execa('cdk', [...args, ...(terminal ? [] : ['--ci', '--no-color']), '--no-notices', '--no-version-reporting'], {
    preferLocal: true,
    localDir: root,
    cwd: home,
    reject: false,
    ...(terminal ? { stdio: ['inherit', 2, 2] } : { all: true }),
    ...(signal && { cancelSignal: signal }),
    env: { ...env, CDK_HOME: join(home, 'cdk'), CDK_DISABLE_CLI_TELEMETRY: 'true' },
  });
  const output: string[] = [];
  if (!terminal) {
    for await (const line of running.iterable({ from: 'all' })) {
      output.push(line);
      const ready = /\|\s*(\d+\/\d+) \|.*\| (?:CREATE|UPDATE)_COMPLETE\s*\| (\S+)\s*\| (\S+)/.exec(line);
      if (ready) log(`${ready[1]} ${ready[2]} ${ready[3]}`);
    }
  }
  const { exitCode } = await running;
  if (signal?.aborted) throw new Error('The deployment was stopped.');
  if (exitCode === 0) return;
  if (output.some((line) => NOBODY_TO_ASK.test(line))) throw new NobodyToAsk('rights would be broadened, and there is nobody to ask');
  throw new Error([`cdk ${args[0]} failed${output.length > 0 ? ':' : ', as it says above'}`, ...output.slice(-TAIL)].join('\n'));
}
