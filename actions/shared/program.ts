/** Runs a program; what it prints goes to the log as plain text, whatever a Dockerfile or a package makes it print. */
import { endGroup, info, startGroup } from '@actions/core';
import { exec } from '@actions/exec';
import { printable } from '@mip/catalog/printable';
import { Failure } from './action.ts';

/** Lines of a failed command that its sentence repeats. */
const REPEATED = 3;

export interface RunOptions {
  /** Given to standard input, and shown nowhere. */
  readonly input?: string;
}

/** @throws {Failure} in a sentence, with the last lines that the command wrote. */
export async function runProgram(title: string, command: readonly [string, ...string[]], { input }: RunOptions = {}): Promise<void> {
  const [program, ...args] = command;
  const lines: string[] = [];
  const line = (text: string) => {
    if (text.trim()) lines.push(printable(text));
    info(printable(text));
  };
  startGroup(title);
  try {
    const listeners = { stdline: line, errline: line };
    const options = { silent: true, ignoreReturnCode: true, listeners, ...(input !== undefined && { input: Buffer.from(input) }) };
    const code = await exec(program, args, options);
    if (code !== 0) throw new Failure(`${title} failed (${program} ended with ${code}):\n${lines.slice(-REPEATED).join('\n')}`);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`there is no ${program} on this machine: install it, or give the input engine another`);
  } finally {
    endGroup();
  }
}
