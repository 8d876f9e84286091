/** What a plan means beside the resources: for callers, for the bill, for the account's quotas. Pure. */

import { contractOf } from '@mip/registry/contract';
import { type ContractDiff, contractDiff } from '@mip/registry/contract-diff';
import type { Algorithm, ScaleOverride } from './algorithm.ts';
import type { Refusal } from './change.ts';
import { type CostDiff, costDiff, type Sized } from './cost.ts';
import type { RegistryEntrySpec } from './kinds/registry-entry.ts';
import type { KindObservation } from './observe.ts';
import type { Platform } from './platform.ts';
import { type QuotaUse, quotaUse } from './quota.ts';

export interface Consequences {
  /** Of each algorithm whose contract changes, sorted. */
  readonly contracts: readonly ContractDiff[];
  /** Null where prices are not known. */
  readonly cost: CostDiff | null;
  readonly quotas: readonly QuotaUse[];
  /** Numbers of tasks that somebody set, and that the plan keeps to. */
  readonly overrides: readonly (ScaleOverride & { readonly algorithm: string })[];
}

/** What it is told from: the catalog, and what was seen of the registry's rows. */
export interface Told {
  readonly algorithms: readonly Algorithm[];
  readonly platform: Platform;
  readonly rows: KindObservation;
  readonly overrides: ReadonlyMap<string, ScaleOverride>;
}

export function consequencesOf({ algorithms, platform, rows, overrides }: Told): Consequences {
  const sorted = algorithms.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const declared = new Set(sorted.map(({ name }) => name));
  const gone = [...rows.inspected].filter(([name, { owner }]) => !declared.has(name) && owner === platform.catalogId);
  const before = [
    ...sorted.flatMap((one) => sizedBefore(one, rows)),
    ...gone.map(([name, { spec }]) => sizedRow(name, spec as RegistryEntrySpec)),
  ];
  return {
    contracts: sorted.flatMap((one) => contractChange(one, rows)),
    cost: costDiff(platform.region, before, sorted.map(sizedNow)),
    quotas: quotaUse(sorted, platform.quotas, sorted.length <= platform.rolesUpTo),
    overrides: [...overrides].map(([algorithm, one]) => ({ algorithm, ...one })).sort((a, b) => (a.algorithm < b.algorithm ? -1 : 1)),
  };
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

function contractChange(algorithm: Algorithm, { inspected }: KindObservation): readonly ContractDiff[] {
  const row = inspected.get(algorithm.name)?.spec as RegistryEntrySpec | undefined;
  if (!row?.entry) return [];
  const found = contractDiff(row.entry, contractOf(algorithm));
  return found.changes.length > 0 || found.from !== found.to ? [found] : [];
}

/** A row that was not looked at is as the catalog wants it. */
function sizedBefore(algorithm: Algorithm, { listed, inspected }: KindObservation): readonly Sized[] {
  const row = inspected.get(algorithm.name)?.spec as RegistryEntrySpec | undefined;
  if (row) return [sizedRow(algorithm.name, row)];
  return listed.has(algorithm.name) ? [sizedNow(algorithm)] : [];
}

function sizedNow({ name, cpu, memory, architectures, scaling, status }: Algorithm): Sized {
  return { algorithm: name, cpu, memory, architecture: architectures[0] ?? 'amd64', tasks: tasksOf(status, scaling) };
}

/** A row of before it said so, or one written by hand, may lack fields. */
function sizedRow(algorithm: string, { cpu, memory, architecture, scaling = { min: 0, max: 0 }, status }: RegistryEntrySpec): Sized {
  return {
    algorithm,
    cpu: cpu ?? 0,
    memory: memory ?? 0,
    architecture: architecture === 'arm64' ? 'arm64' : 'amd64',
    tasks: tasksOf(status, scaling),
  };
}

function tasksOf(status: string, { min, max }: { readonly min: number; readonly max: number }): Sized['tasks'] {
  return status === 'inactive' ? { min: 0, max: 0 } : { min, max };
}
