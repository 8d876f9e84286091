/** Git, asked: nothing that a repository or this machine has set up for it is started, and nothing is written. */
import { execa } from 'execa';

/** No hook, no monitor of the file system. */
const ALONE = ['core.hooksPath=/dev/null', 'core.fsmonitor=false'].flatMap((setting) => ['-c', setting]);

/** The paths of a repository of a million files. */
const MOST_OUTPUT = 256 * 2 ** 20;

export type Variables = Readonly<Record<string, string>>;

/** Git's answer, whether it went well or not. @param input what it reads */
export function git(folder: string, args: readonly string[], variables: Variables = {}, input = '') {
  const env = { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1', ...variables };
  return execa('git', [...ALONE, ...args], { cwd: folder, env, input, reject: false, maxBuffer: MOST_OUTPUT });
}
