/** Asks the judge, and where images are: Python programs of this repository that know neither the SDK nor the algorithms. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Algorithm, ConformanceCase } from '@mip/catalog';
import { execute } from './execute.ts';
import type { Interpreter } from './launch.ts';
import type { Verdict } from './result.ts';

export interface Tools {
  /** The repository with the judge; that of the catalog, unless another one uses ours. */
  readonly tools: string;
  /** The repository with the catalog, its oracles and images. */
  readonly root: string;
  readonly python: Interpreter;
}

/** What the judge is asked about. Folders are those that `runCase` left. */
export interface Question {
  readonly of: ConformanceCase;
  readonly parameters: object;
  readonly algorithm: Pick<Algorithm, 'output' | 'change_budget'>;
  readonly source: string;
  readonly fresh: string;
  readonly old: string | undefined;
  readonly pictures: string | undefined;
}

/** @throws {Error} with a sentence when there is no verdict. */
export async function askJudge({ tools, root, python }: Tools, question: Question): Promise<Verdict> {
  const { of, parameters, algorithm, source, fresh, old, pictures } = question;
  const request = {
    ...{ case: of, parameters, kind: algorithm.output.kind, change_budget: algorithm.change_budget ?? null },
    ...{ root, source, new: fresh, old: old ?? null, pictures: pictures ?? null },
  };
  return JSON.parse(await ask(python, [join(tools, 'tools/conformance/judge.py')], JSON.stringify(request)));
}

/** The path of a case's image. @throws {Error} with a sentence when there is none. */
export async function locateImage({ tools, root, python }: Tools, image: ConformanceCase['image']): Promise<string> {
  if (image.package === undefined) {
    const path = join(root, image.file ?? '');
    if (!existsSync(path)) throw new Error(`there is no file ${image.file} in the repository`);
    return path;
  }
  return (await ask(python, [join(tools, 'tests/oracles/image.py'), image.package, image.file ?? ''])).trim();
}

async function ask({ program, environment: env }: Interpreter, args: readonly string[], input = ''): Promise<string> {
  const done = await execute(program, ['-B', ...args], { input, env });
  if (done.missing) throw new Error(`there is no ${program}: install the Python packages of requirements/start.txt`);
  if (done.exitCode !== 0)
    throw new Error(done.stderr.trim().split('\n').at(-1) || `${args[0]} ended with ${done.signal ?? done.exitCode}`);
  return done.stdout;
}
