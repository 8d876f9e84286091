/** What a plan means beside the resources: for callers, for the bill, for the account's quotas. Pure. */

import type { Pin } from '@mip/registry';
import { contractOf } from '@mip/registry/contract';
import { type ContractDiff, contractDiff } from '@mip/registry/contract-diff';
import type { Algorithm, ScaleOverride } from './algorithm.ts';
import { hashOf, type Refusal } from './change.ts';
import { type CostDiff, costDiff, type Range, type Sized } from './cost.ts';
import type { Observed } from './kinds/kind.ts';
import type { RegistryEntrySpec } from './kinds/registry-entry.ts';
import type { KindObservation } from './observe.ts';
import type { Platform } from './platform.ts';
import { type Needing, type QuotaUse, quotaUse } from './quota.ts';

export interface Consequences {
  /** Of each algorithm whose contract changes, sorted. */
  readonly contracts: readonly ContractDiff[];
  /** Null where prices are not known. */
  readonly cost: CostDiff | null;
  readonly quotas: readonly QuotaUse[];
  /** Numbers of tasks that somebody set, and that the plan keeps to. */
  readonly overrides: readonly (ScaleOverride & { readonly algorithm: string })[];
  /** Versions that somebody put in the place of the catalog's, and that the plan keeps to. */
  readonly pins: readonly (Pin & { readonly algorithm: string })[];
}

/** What it is told from: the catalog, and what was seen of the registry's rows. */
export interface Told {
  readonly algorithms: readonly Algorithm[];
  /** True where the catalog may hold more than could be read. */
  readonly unread: boolean;
  /** Names of those that the plan leaves as they are. */
  readonly refused: ReadonlySet<string>;
  readonly platform: Platform;
  readonly rows: KindObservation;
  readonly overrides: ReadonlyMap<string, ScaleOverride>;
  /** Of the whole catalog. */
  readonly contracts: readonly ContractDiff[];
}

/** Of what is going to be applied: what is refused stays as it is, and so does its part of the bill. */
export function consequencesOf({ algorithms, unread, refused, platform, rows, overrides, contracts }: Told): Consequences {
  const sorted = inOrder(algorithms);
  const declared = new Set(sorted.map(({ name }) => name));
  const others = [...rows.inspected].filter(([name, { owner }]) => !declared.has(name) && owner === platform.catalogId);
  const undeclared = others.map(([name, { spec }]) => runningRow(name, spec as Row));
  const before = [...sorted.flatMap((one) => runningBefore(one, rows)), ...undeclared];
  const declaredAfter = sorted.flatMap((one) => (refused.has(one.name) ? runningBefore(one, rows) : [runningNow(one)]));
  const after = unread ? [...declaredAfter, ...undeclared] : declaredAfter;
  return {
    contracts: contracts.filter(({ algorithm }) => !refused.has(algorithm)),
    cost: costDiff(platform.region, before, after),
    quotas: quotaUse(after, platform.quotas, sorted.length <= platform.rolesUpTo),
    overrides: [...overrides].map(([algorithm, one]) => ({ algorithm, ...one })).sort((a, b) => (a.algorithm < b.algorithm ? -1 : 1)),
    pins: sorted.flatMap(({ name, pin }) => (pin ? [{ algorithm: name, ...pin }] : [])),
  };
}

/** Of each algorithm whose contract would change, sorted. */
export function contractChanges(algorithms: readonly Algorithm[], rows: KindObservation): readonly ContractDiff[] {
  return inOrder(algorithms).flatMap((one) => contractChange(one, rows));
}

function inOrder(algorithms: readonly Algorithm[]): readonly Algorithm[] {
  return algorithms.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What would break callers without a new major version to tell them. A platform whose version tags may move does not care. */
export function contractRefusals(
  contracts: readonly ContractDiff[],
  algorithms: readonly Algorithm[],
  { tagPolicy }: Platform,
  lineOf: LineOf,
): readonly Refusal[] {
  if (tagPolicy === 'mutable') return [];
  return contracts
    .filter(({ satisfied, changes }) => !satisfied && changes.some(({ effect }) => effect === 'breaking'))
    .map(({ algorithm, from, to, needs, changes }) => {
      const broken = changes.filter(({ effect }) => effect === 'breaking').map(({ sentence }) => sentence);
      const file = algorithms.find(({ name }) => name === algorithm)?.file ?? '';
      const reason = `version ${to} breaks callers of ${from} (${broken.join('; ')}); make it ${needs} or later`;
      return {
        kind: 'registry-entry',
        name: algorithm,
        algorithm,
        reason,
        cause: { file, pointer: '/version', line: lineOf(file, '/version') },
      };
    });
}

type LineOf = (file: string, pointer: string) => number;

type Row = RegistryEntrySpec;

function contractChange(algorithm: Algorithm, { inspected }: KindObservation): readonly ContractDiff[] {
  const observed = inspected.get(algorithm.name);
  const row = observed?.spec as Row | undefined;
  if (!row?.entry || isByHand(observed)) return [];
  const found = contractDiff(row.entry, contractOf(algorithm));
  return found.changes.length > 0 || found.from !== found.to ? [found] : [];
}

/** What somebody wrote into a row was never released: putting it right breaks nobody. A pin is set from outside, and changes nothing itself. */
function isByHand(observed: Observed | undefined): boolean {
  if (observed?.specHash === undefined) return false;
  const { pin: _, ...spec } = observed.spec as Row;
  return ![observed.spec, spec].some((one) => hashOf(one) === observed.specHash);
}

/** An algorithm with all its lines as the bill and the quotas see it. */
type Running = Sized & Needing;

/** A row that was not looked at is as the catalog wants it. */
function runningBefore(algorithm: Algorithm, { listed, inspected }: KindObservation): readonly Running[] {
  const row = inspected.get(algorithm.name)?.spec as Row | undefined;
  if (row) return [runningRow(algorithm.name, row)];
  return listed.has(algorithm.name) ? [runningNow(algorithm)] : [];
}

function runningNow({ name, cpu, memory, gpu, architectures, scaling, status, source, further = [] }: Algorithm): Running {
  const [architecture = 'amd64'] = architectures;
  const services = 1 + further.length;
  const tasks = tasksOf(status, scaling, services);
  return { algorithm: name, cpu, memory, gpu, architecture, tasks, built: source !== undefined, services };
}

/** A row of before it said so, or one written by hand, may lack fields. */
function runningRow(algorithm: string, { cpu, memory, gpu, architecture, scaling = NO_TASKS, status, image, releases = [] }: Row): Running {
  const services = 1 + releases.filter(({ yanked }) => !yanked).length;
  return {
    algorithm,
    cpu: cpu ?? 0,
    memory: memory ?? 0,
    gpu: gpu ?? 0,
    architecture: architecture === 'arm64' ? 'arm64' : 'amd64',
    tasks: tasksOf(status, scaling, services),
    built: 'treeHash' in image,
    services,
  };
}

const NO_TASKS: Range = { min: 0, max: 0 };

/** @param services each of which runs that many. */
function tasksOf(status: string, { min, max }: Range, services: number): Range {
  return status === 'inactive' ? NO_TASKS : { min: min * services, max: max * services };
}
