/** The Python that the judge, the oracles and the search for images run in. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { exec } from '@actions/exec';
import { which } from '@actions/io';
import type { Interpreter } from '@mip/conformance';
import { Failure } from './action.ts';
import { runProgram } from './program.ts';

export interface PythonOptions {
  /** The repository of the catalog: an environment of its own comes first, since its oracles may need more. */
  readonly root: string;
  /** The repository of this action, whose `requirements/conformance.txt` is installed where nothing else has what it names. */
  readonly tools: string;
  readonly temporary: string;
  /** What every Python program sees, and all of it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** @throws {Failure} when there is no Python, or the packages cannot be installed. */
export async function findPython({ root, tools, temporary, environment }: PythonOptions): Promise<Interpreter> {
  const own = join(root, '.venv/bin/python');
  if (existsSync(own)) return { program: own, environment };
  const program = await which('python3');
  if (!program)
    throw new Failure('there is no python3 on this machine: the judge of the cases needs Python 3.11 or later (actions/setup-python)');
  if (await hasPackages(program)) return { program, environment };
  const made = join(temporary, 'python');
  await runProgram('Make a Python environment for the judge', [program, '-m', 'venv', made]);
  const requirements = join(tools, 'requirements/conformance.txt');
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--require-hashes', '--requirement', requirements];
  await runProgram('Install the packages of the judge', [join(made, 'bin/python'), ...install]);
  return { program: join(made, 'bin/python'), environment };
}

async function hasPackages(program: string): Promise<boolean> {
  const options = { silent: true, ignoreReturnCode: true };
  return (await exec(program, ['-c', 'import numpy, PIL, pydicom, scipy, skimage'], options)) === 0;
}

/** The repository that an action is of, wherever it was bundled to: it holds the judge. @param folder of the running program */
export function toolsAbove(folder: string): string {
  if (existsSync(join(folder, 'tools/conformance/judge.py'))) return folder;
  if (dirname(folder) === folder)
    throw new Failure('the repository of this action is not around it: use it as OWNER/REPOSITORY/actions/NAME');
  return toolsAbove(dirname(folder));
}
