/**
 * The cases of a catalog for a candidate that runs somewhere else: their images as bytes, and the judge's verdict on what came back. It fits
 * the port `Conformer` of reconcile, which knows nothing of images.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Algorithm, ConformanceCase, ParameterValue } from '@mip/catalog';
import { type Chosen, chooseCases } from './cases.ts';
import { askJudgeOfAll, type Named, nameImages, type Tools, type Uids } from './judge.ts';

/** A case as a job: effective parameters, Part 10 files, and the UIDs that name them. */
export interface CandidateCase {
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly images: readonly Uint8Array[];
  readonly uids: Uids;
}

/** How the job of a case ended. */
export interface CandidateEnd {
  readonly case: string;
  readonly outcome: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly seconds: number | null;
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

export class CandidateConformance {
  readonly #tools: Tools;
  readonly #algorithms: ReadonlyMap<string, Algorithm>;
  readonly #work: string;
  /** By what the catalog says of an image: looking for one takes a process. */
  readonly #images = new Map<string, Promise<Named>>();

  /** @param work a folder of this process's own; whoever gives it removes it. */
  constructor(tools: Tools, algorithms: readonly Algorithm[], work: string) {
    this.#tools = tools;
    this.#work = work;
    this.#algorithms = new Map(algorithms.map((one) => [one.name, one]));
  }

  /** @throws {Error} with a sentence when a case cannot be run: it is not left out. */
  async cases(name: string): Promise<readonly CandidateCase[]> {
    const chosen = this.#chosen(name);
    const images = await this.#located(chosen);
    return Promise.all(
      chosen.map(async ({ of, parameters }) => {
        const { files, uids } = imageOf(images, of);
        return { name: of.name, parameters, images: await Promise.all(files.map((file) => readFile(file))), uids };
      }),
    );
  }

  /** @returns what is wrong with each, as sentences; [] = passed. @throws {Error} with a sentence when there is no verdict. */
  async judge(name: string, ends: readonly CandidateEnd[]): Promise<readonly (readonly string[])[]> {
    const algorithm = this.#algorithm(name);
    const chosen = ends.map(({ case: of }) => this.#chosen(name, of)[0] as Runnable);
    const images = await this.#located(chosen);
    const work = await mkdtemp(join(this.#work, 'judged-'));
    try {
      const asked = chosen.map(async ({ of, parameters }, index) => {
        const fresh = join(work, String(index));
        await writeEnd(fresh, ends[index] as CandidateEnd);
        return { of, parameters, algorithm, source: imageOf(images, of), fresh, old: undefined, pictures: undefined };
      });
      const verdicts = await askJudgeOfAll(this.#tools, await Promise.all(asked));
      return verdicts.map(({ verdict, reasons }) => (verdict === 'passed' ? [] : reasons));
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  #chosen(name: string, only?: string): readonly Runnable[] {
    return chooseCases(this.#algorithm(name), only).map((one) => {
      if (one.reason !== undefined) throw new Error(`the case ${one.of.name} cannot be run: ${one.reason}`);
      return one;
    });
  }

  #algorithm(name: string): Algorithm {
    const found = this.#algorithms.get(name);
    if (!found) throw new Error(`the catalog has no ${name}`);
    return found;
  }

  /** By what the catalog says of them; each is looked for once. */
  async #located(chosen: readonly Runnable[]): Promise<ReadonlyMap<string, Named>> {
    await mkdir(this.#work, { recursive: true });
    const wanted = new Map(chosen.map(({ of }) => [keyOf(of), of.image]));
    const unknown = [...wanted].filter(([key]) => !this.#images.has(key));
    const found =
      unknown.length > 0
        ? nameImages(
            this.#tools,
            unknown.map(([, image]) => image),
            this.#work,
          )
        : Promise.resolve([]);
    unknown.forEach(([key], index) => {
      this.#images.set(
        key,
        found.then((all) => all[index] ?? { fault: 'nobody looked' }),
      );
    });
    return new Map(await Promise.all([...wanted.keys()].map(async (key) => [key, (await this.#images.get(key)) as Named] as const)));
  }
}

function keyOf({ image }: ConformanceCase): string {
  return JSON.stringify(image);
}

/** @throws {Error} in words about the case. */
function imageOf(images: ReadonlyMap<string, Named>, of: ConformanceCase) {
  const named = images.get(keyOf(of)) ?? { fault: 'nobody looked' };
  if (named.fault !== undefined) throw new Error(`the case ${of.name} cannot be run: ${named.fault}`);
  return named.image;
}

/** As the SDK's runner of a case leaves it. */
async function writeEnd(folder: string, { outcome, error, seconds, files }: CandidateEnd): Promise<void> {
  await mkdir(folder);
  for (const { name, bytes } of files) await writeFile(join(folder, basename(name)), bytes);
  const said = { schema: 'case-outcome/1', outcome, error: error && { ...error, where: '' }, seconds: seconds ?? 0 };
  await writeFile(join(folder, 'outcome.json'), JSON.stringify(said));
}

type Runnable = Extract<Chosen, { readonly reason?: never }>;
