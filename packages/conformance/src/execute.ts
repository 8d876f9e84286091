/** Runs a program to its end. Node.js's own way: this is bundled into an action. */
import { execFile } from 'node:child_process';

export interface ExecuteOptions {
  /** All that the program sees; without it, what we see. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** For standard input, which is empty otherwise. */
  readonly input?: string;
  readonly timeoutSeconds?: number;
}

export interface Executed {
  /** Of a program that ended by itself. */
  readonly exitCode: number | undefined;
  /** What ended it, like `SIGKILL`. */
  readonly signal: string | undefined;
  /** Whether there is no such program. */
  readonly missing: boolean;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** What an answer of the judge, or the last words of a case, never reach. */
const MOST_OUTPUT = 64 * 2 ** 20;

/** Never throws for what the program does. */
export function execute(program: string, args: readonly string[], options: ExecuteOptions = {}): Promise<Executed> {
  const { input = '', timeoutSeconds, ...rest } = options;
  const limits = { maxBuffer: MOST_OUTPUT, killSignal: 'SIGKILL', ...(timeoutSeconds && { timeout: timeoutSeconds * 1000 }) } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, { ...rest, ...limits, encoding: 'utf8' }, (error, stdout, stderr) => {
      const exitCode = child.exitCode ?? undefined;
      const signal = child.signalCode ?? undefined;
      const timedOut = error?.killed === true && signal === limits.killSignal;
      resolve({ exitCode, signal, missing: (error as NodeJS.ErrnoException | null)?.code === 'ENOENT', timedOut, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined); // a program that does not read has ended, which is told above
    child.stdin?.end(input);
  });
}
