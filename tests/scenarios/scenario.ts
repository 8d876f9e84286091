/** One scenario's folder as it was written: the catalog, what was there before, and what has to come of it. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Algorithm,
  type Catalog,
  hasErrors,
  type Platform,
  type Problem,
  parseDocument,
  renderProblem,
  validateCatalog,
} from '@mip/catalog';
import { type Input, type Plan, platformIn, type Report } from '@mip/reconcile';
import { FACTS, frozen, NOW } from '@mip/reconcile/testing/fixtures';
import type { Behaviour } from '@mip/reconcile/testing/memory-fleet';
import type { Pin } from '@mip/registry';
import { load } from 'js-yaml';

/** How an entry that was applied differed from the catalog's; `like` takes another one, also `SCENARIO/NAME` of another scenario. */
type Before = Readonly<Record<string, Partial<Algorithm> & { readonly like?: string }>>;

/** `observed.yaml`, in the order in which it happened. */
export interface Observed {
  /** What was applied. */
  readonly before: Before;
  /** What was applied after that, unseen by the tag index up to the plan. */
  readonly since?: Before;
  /** The editions of a source that changed. */
  readonly sources?: Readonly<Record<string, { readonly before: number; readonly now: number }>>;
  /** Numbers of tasks that somebody set for a while. */
  readonly scaled?: Readonly<Record<string, { readonly count: number; readonly until: string }>>;
  /** Versions that have a frozen contract beside those that were applied. */
  readonly released?: Readonly<Record<string, readonly string[]>>;
  /** Released versions that somebody put in the place of the catalog's for a while. */
  readonly pinned?: Readonly<Record<string, Pin>>;
  /** Queues that nobody tagged. */
  readonly unowned?: readonly string[];
  /** Repositories of another catalog. */
  readonly others?: { readonly catalog: string; readonly repositories: readonly string[] };
  /** Calls that somebody made past MIP, like `sqs:SetQueueAttributes`. */
  readonly by_hand?: readonly { readonly call: string; readonly input: Readonly<Record<string, unknown>> }[];
  /** `deep` believes no hash, as `mip drift` does. */
  readonly look?: 'deep';
  /** How new versions behave in the first apply, as `algorithm@version`; mended before the next run. */
  readonly versions?: Readonly<Record<string, Behaviour>>;
  /** What AWS says to the first apply instead of making that call for that resource. */
  readonly fails?: { readonly call: string; readonly of: string; readonly error: string; readonly message: string };
}

/** `plan.json`, by hand: fields only of updates, tree hashes as `<name>, edition <n>`, other hashes as `sha256:…`. */
export type Expected = Pick<Plan, 'changes' | 'refusals'> & {
  readonly dangers: readonly string[];
  /** Of a catalog that has faults. */
  readonly problems?: readonly Problem[];
};

/** `report.json`, by hand: what was not simply done, and what the next run plans. */
export type ExpectedReport = Pick<Report, 'ok' | 'outcomes'> & { readonly retry: readonly string[] };

const HERE = import.meta.dirname;

export function pathOf(folder: string, file: string): string {
  return join(HERE, folder, file);
}

export function read<T>(folder: string, file: string): T {
  return load(readFileSync(pathOf(folder, file), 'utf8')) as T; // JSON is YAML
}

export function catalogOf(folder: string): Catalog {
  const documents = (kind: string) =>
    globSync(`catalog/${kind}/*.yaml`, { cwd: join(HERE, folder) }).map((file) =>
      parseDocument(readFileSync(pathOf(folder, file), 'utf8'), file),
    );
  return validateCatalog({ algorithms: documents('algorithms'), platforms: documents('platforms') }, () => true);
}

/** The entries as they were before. */
export function entriesOf(before: Before, { algorithms }: Catalog): readonly Algorithm[] {
  return Object.entries(before).map(([name, { like = name, ...over }]) => {
    const [other = '', scenario] = like.split('/').reverse();
    const entry = (scenario ? catalogOf(scenario).algorithms : algorithms).find((one) => one.name === other);
    if (!entry) throw new Error(`there is no entry ${like}`);
    return { ...entry, ...over, name } as Algorithm;
  });
}

/** What reconcile is given. */
export function inputOf(
  catalog: Catalog,
  { sources = {}, before = {}, released = {} }: Observed,
  algorithms = catalog.algorithms,
  when: 'before' | 'now' = 'now',
): Input {
  const treeHashes = new Map(algorithms.map(({ name }) => [name, `${name}, edition ${sources[name]?.[when] ?? 1}`]));
  const lineOf = (file: string, pointer: string) => algorithms.find((one) => one.file === file)?.position(pointer).line ?? 1;
  const others = catalog.algorithms.flatMap((one) => (released[one.name] ?? []).map((version) => ({ ...one, version })));
  const contracts = frozen(...entriesOf(before, catalog), ...catalog.algorithms, ...others);
  const platform = platformIn('eu-central-1', catalog.platforms[0] as Platform, FACTS);
  const faults = when === 'now' && hasErrors(catalog.problems) ? catalog.problems.map(renderProblem) : [];
  return { algorithms, faults, treeHashes, platform, now: new Date(NOW), lineOf, contracts };
}
