/** One shell in which all steps of a page are typed, as a reader does. */
import { execa } from 'execa';
import type { ShellStep } from './shell-page.ts';

/** ASCII's record separator: no answer has it. */
const BETWEEN = '\x1e';

export interface Session {
  readonly code: number | undefined;
  /** What each step printed, as far as it came. */
  readonly answers: readonly string[];
  /** What went wrong, for people. */
  readonly faults: string;
}

/** Stops at the first command that fails; what was left in the background ends with it. */
export async function playShell(steps: readonly ShellStep[], cwd: string, patience: number): Promise<Session> {
  const script = ["trap 'kill $(jobs -p) 2> /dev/null || true' EXIT", ...steps.map((step) => step.script)].join(`\nprintf '${BETWEEN}'\n`);
  const done = await execa('bash', ['-euo', 'pipefail', '-c', script], { cwd, reject: false, timeout: patience, stdin: 'ignore' });
  return { code: done.exitCode, answers: done.stdout.split(BETWEEN).slice(1), faults: `${done.stderr}\n${done.shortMessage ?? ''}` };
}
