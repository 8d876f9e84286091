/**
 * READ FIRST. The cases of one algorithm, one after another:
 *
 *   choose → locate the image → run the new version, run the old one → judge → result
 *
 * A case never passes for lack of something: what cannot be run or judged has failed.
 */
import { join } from 'node:path';
import { type Algorithm, validateParameters } from '@mip/catalog';
import { type Chosen, chooseCases, type Subject } from './cases.ts';
import { askJudge, type Located, locateImage, type Tools } from './judge.ts';
import type { Place } from './launch.ts';
import { type CaseResult, type Conformance, without } from './result.ts';
import { NotStarted, runCase } from './run.ts';

/** The version of before, where it runs; or why there is none, in a sentence. */
export type OldVersion = { readonly subject: Subject; readonly place: Place; readonly absent?: never } | { readonly absent: string };

export interface ConformOptions extends Tools {
  readonly algorithm: Algorithm;
  readonly place: Place;
  readonly old: OldVersion;
  /** An empty folder for results and pictures. */
  readonly work: string;
  /** The name of one case instead of all. */
  readonly only?: string;
  readonly pictures?: boolean;
  /** Told what is going on, as one line. */
  readonly note?: (line: string) => void;
}

/** @throws {Error} with a sentence when the entry has no such case. */
export async function conform(options: ConformOptions): Promise<Conformance> {
  const { algorithm, only, note } = options;
  const cases: CaseResult[] = [];
  for (const chosen of chooseCases(algorithm, only)) {
    note?.(chosen.of.name);
    cases.push(await conformCase(options, chosen));
  }
  return { ...aboutOf(options), cases };
}

/** All of an algorithm's cases failed for one reason: there is nothing that they could run in. */
export function notBuilt(
  { algorithm, place, old, only }: Pick<ConformOptions, 'algorithm' | 'place' | 'old' | 'only'>,
  reason: string,
): Conformance {
  const cases = chooseCases(algorithm, only).map(({ of }) => without({ name: of.name, expectedBy: of.expected_by }, reason));
  return { ...aboutOf({ algorithm, place, old }), cases };
}

function aboutOf({ algorithm, place, old }: Pick<ConformOptions, 'algorithm' | 'place' | 'old'>): Omit<Conformance, 'cases'> {
  return {
    algorithm: algorithm.name,
    version: algorithm.version,
    clinicalOwner: algorithm.clinical_owner ?? null,
    place: place.words,
    old: old.absent === undefined ? { version: old.subject.version } : { absent: old.absent },
  };
}

async function conformCase(options: ConformOptions, chosen: Chosen): Promise<CaseResult> {
  const about = { name: chosen.of.name, expectedBy: chosen.of.expected_by };
  if (chosen.reason !== undefined) return without(about, chosen.reason);
  try {
    return await judged(options, chosen, about);
  } catch (error) {
    return without(about, error instanceof Error ? error.message : String(error));
  }
}

type Runnable = Extract<Chosen, { readonly reason?: never }>;

async function judged(
  options: ConformOptions,
  { of, parameters }: Runnable,
  about: Pick<CaseResult, 'name' | 'expectedBy'>,
): Promise<CaseResult> {
  const { algorithm, place, work, pictures } = options;
  const folder = join(work, algorithm.name, of.name);
  const source = await locateImage(options, of.image, work);
  const fresh = join(folder, 'new');
  await runCase(place, { subject: algorithm, parameters, images: source.files, output: fresh });
  const old = await runOld(options, of, source, join(folder, 'old'));
  const { verdict, ...said } = await askJudge(options, {
    ...{ of, parameters, algorithm, source, fresh, old: old.output, pictures: pictures ? join(folder, 'pictures') : undefined },
  });
  const files = Object.entries(said.pictures).map(([name, file]) => [name, join(folder, 'pictures', file)] as const);
  const approval = [...said.approval, ...(old.absent ? [old.absent] : [])];
  return { ...about, status: verdict, ...said, approval, pictures: Object.fromEntries(files) };
}

interface OldRun {
  readonly output?: string;
  /** Why this one case cannot be compared: a person has to look. */
  readonly absent?: string;
}

async function runOld({ old }: ConformOptions, of: Runnable['of'], source: Located, output: string): Promise<OldRun> {
  if (old.absent !== undefined) return {};
  const { effective: parameters, faults } = validateParameters(old.subject.parameters, of.parameters ?? {});
  if (faults.length > 0) return { absent: `version ${old.subject.version} does not take the case's parameters` };
  try {
    await runCase(old.place, { subject: old.subject, parameters, images: source.files, output });
    return { output };
  } catch (error) {
    if (!(error instanceof NotStarted)) throw error;
    return { absent: `version ${old.subject.version} could not be run: ${error.message}` };
  }
}
