/** Git, asked: nothing that a repository or this machine has set up for it is started, and nothing is written. */
import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** No hook, no monitor of the file system. */
const ALONE = ['core.hooksPath=/dev/null', 'core.fsmonitor=false'].flatMap((setting) => ['-c', setting]);

export type Variables = Readonly<Record<string, string>>;

/** Git's answer, whether it went well or not, without its last line end. */
export interface Answer {
  readonly failed: boolean;
  readonly exitCode: number | null;
  /** Why Git could not even be started. */
  readonly code: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param input what it reads */
export async function git(folder: string, args: readonly string[], variables: Variables = {}, input = ''): Promise<Answer> {
  const quiet = { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1' };
  const env = { ...process.env, ...quiet, ...variables };
  const child = spawn('git', [...ALONE, ...args], { cwd: folder, env });
  child.stdin.on('error', () => undefined); // it may end before it has read all
  child.stdin.end(input);
  const [stdout, stderr, ended] = await Promise.all([text(child.stdout), text(child.stderr), endOf(child)]);
  return { ...ended, failed: ended.exitCode !== 0, stdout: stdout.replace(/\n$/, ''), stderr };
}

function endOf(child: ChildProcess): Promise<Pick<Answer, 'exitCode' | 'code'>> {
  return new Promise((resolve) => {
    child.once('error', ({ code }: NodeJS.ErrnoException) => resolve({ exitCode: null, code }));
    child.once('close', (exitCode) => resolve({ exitCode, code: undefined }));
  });
}
