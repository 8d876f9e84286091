/** Asks the judge, and where images are: Python programs of this repository that know neither the SDK nor the algorithms. */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
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

/** The image of a case, or the images of its series, in any order. */
export interface Located {
  readonly files: readonly string[];
  /** Of a phantom: the folder with the masks of what is known of it, in the order of the files. */
  readonly truth?: string;
}

/** What the judge is asked about. Folders are those that `runCase` left. */
export interface Question {
  readonly of: ConformanceCase;
  readonly parameters: object;
  readonly algorithm: Pick<Algorithm, 'output' | 'change_budget'>;
  readonly source: Located;
  readonly fresh: string;
  readonly old: string | undefined;
  readonly pictures: string | undefined;
}

/** @throws {Error} with a sentence when there is no verdict. */
export async function askJudge({ tools, root, python }: Tools, question: Question): Promise<Verdict> {
  return JSON.parse(await ask(python, [join(tools, 'tools/conformance/judge.py')], JSON.stringify(requestOf(root, question))));
}

/** The same of several, by one process: what it takes to start one is more than to judge. */
export async function askJudgeOfAll({ tools, root, python }: Tools, questions: readonly Question[]): Promise<readonly Verdict[]> {
  const requests = questions.map((question) => requestOf(root, question));
  return JSON.parse(await ask(python, [join(tools, 'tools/conformance/judge.py')], JSON.stringify(requests)));
}

function requestOf(root: string, { of, parameters, algorithm, source, fresh, old, pictures }: Question): object {
  return {
    ...{ case: of, parameters, kind: algorithm.output.kind, change_budget: algorithm.change_budget ?? null },
    ...{ root, sources: source.files, truth: source.truth ?? null, new: fresh, old: old ?? null, pictures: pictures ?? null },
  };
}

/**
 * Where a case's image is.
 * @param work a folder for what has to be made, and is then there for the next case of the run
 * @throws {Error} with a sentence when there is none.
 */
export async function locateImage(tools: Tools, image: ConformanceCase['image'], work: string): Promise<Located> {
  if (image.phantom !== undefined) return madePhantom(tools, image.phantom, join(work, '.phantoms', image.phantom));
  if (image.package === undefined) {
    const path = join(tools.root, image.file ?? '');
    if (!existsSync(path)) throw new Error(`there is no file ${image.file} in the repository`);
    return { files: [path] };
  }
  const path = await ask(tools.python, [join(tools.tools, 'tests/oracles/image.py'), image.package, image.file ?? '']);
  return { files: [path.trim()] };
}

/** How a request names images; `0` where they cannot be read. */
export interface Uids {
  readonly study_uid: string;
  readonly series_uid?: string;
  readonly instance_uid?: string;
}

/** An image with what names it, or the sentence that says why it cannot be had. */
export type Named = { readonly image: Located & { readonly uids: Uids }; readonly fault?: never } | { readonly fault: string };

/** Many at once, in their order. */
export async function nameImages(tools: Tools, images: readonly ConformanceCase['image'][], work: string): Promise<readonly Named[]> {
  const asked = await Promise.all(images.map((image) => (image.package === undefined ? orFault(locateImage(tools, image, work)) : image)));
  const program = join(tools.tools, 'tools/conformance/images.py');
  const askable = asked.filter((one) => !('fault' in one));
  const answers: Answer[] = JSON.parse(await ask(tools.python, [program], JSON.stringify(askable)));
  return asked.map((one) => {
    if ('fault' in one) return one;
    const { fault, ...image } = answers.shift() ?? { fault: 'nobody looked' };
    return fault === undefined ? { image: { ...one, ...image } as Located & { uids: Uids } } : { fault };
  });
}

type Answer = { readonly files: readonly string[]; readonly uids: Uids; readonly fault?: never } | { readonly fault: string };

async function orFault<T>(answer: Promise<T>): Promise<T | { readonly fault: string }> {
  return answer.catch((error: Error) => ({ fault: error.message }));
}

async function madePhantom({ tools, python }: Tools, variant: string, folder: string): Promise<Located> {
  const about = join(folder, 'phantom.json');
  if (!existsSync(about)) {
    await rm(folder, { recursive: true, force: true }); // of a run that was cut off
    await ask(python, [join(tools, 'tools/phantom/phantom.py'), '--variant', variant, '--out', folder, '--json']);
  }
  const { files } = JSON.parse(await readFile(about, 'utf8')) as { files: readonly string[] };
  return { files: files.map((file) => join(folder, file)), truth: join(folder, 'truth') };
}

async function ask({ program, environment: env }: Interpreter, args: readonly string[], input = ''): Promise<string> {
  const done = await execute(program, ['-B', ...args], { input, env });
  if (done.missing) throw new Error(`there is no ${program}: install the Python packages of requirements/start.txt`);
  if (done.exitCode !== 0)
    throw new Error(done.stderr.trim().split('\n').at(-1) || `${args[0]} ended with ${done.signal ?? done.exitCode}`);
  return done.stdout;
}
