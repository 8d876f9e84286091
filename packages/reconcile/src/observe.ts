/** What exists, in two steps: a cheap list of everything owned, and a close look at what is new, differs or will go. */

import type { Pin } from '@mip/registry';
import type { ScaleOverride } from './algorithm.ts';
import type { Aws } from './aws/clients.ts';
import { KINDS } from './kinds/index.ts';
import type { Kind, Listed, Observed, Subjects, Wanted } from './kinds/kind.ts';
import type { Owner } from './platform.ts';

/** What was seen of one kind. */
export interface KindObservation {
  readonly listed: ReadonlyMap<string, Listed>;
  readonly inspected: ReadonlyMap<string, Observed>;
}

/** By the kind's name. */
export type Observation = ReadonlyMap<string, KindObservation>;

/** How closely to look: `deep` believes no hash and inspects everything. */
export type Depth = 'changes' | 'deep';

/** Everything owned, by the kind's name. */
export type Listing = ReadonlyMap<string, ReadonlyMap<string, Listed>>;

/** @throws whatever a read throws: what could not be read is not absent. */
export async function list(aws: Aws, owner: Owner, depth: Depth = 'changes'): Promise<Listing> {
  const listOne = async (kind: Kind) => {
    const found = await kind.list(aws, owner);
    return [kind.name, depth === 'deep' ? withoutHashes(found) : found] as const;
  };
  return new Map(await Promise.all(KINDS.map(listOne)));
}

/** @throws whatever a read throws. */
export async function inspect(aws: Aws, owner: Owner, desired: readonly Wanted[], listing: Listing): Promise<Observation> {
  const inspectOne = async (kind: Kind) => {
    const listed = listing.get(kind.name) ?? new Map();
    const subjects = subjectsOf(kind, desired, listed);
    const inspected = subjects.size > 0 ? await kind.inspect(aws, owner, subjects) : new Map();
    return [kind.name, { listed, inspected }] as const;
  };
  return new Map(await Promise.all(KINDS.map(inspectOne)));
}

/** The numbers of tasks that somebody set and that still hold, by algorithm. */
export function overridesIn(listing: Listing, now: Date): ReadonlyMap<string, ScaleOverride> {
  const all = [...listing.values()].flatMap((listed) => [...listed.values()]);
  return new Map(
    all.flatMap(({ algorithm, override }) =>
      algorithm && override && new Date(override.until) > now ? [[algorithm, override] as const] : [],
    ),
  );
}

/** The versions that somebody put in the place of the catalog's for a while, by algorithm. */
export function pinsIn(listing: Listing, now: Date): ReadonlyMap<string, Pin> {
  const rows = [...(listing.get('registry-entry') ?? [])];
  return new Map(rows.flatMap(([name, { pin }]) => (pin && new Date(pin.until) > now ? [[name, pin] as const] : [])));
}

/** The lines that have a queue, by algorithm. */
export function linesIn(listing: Listing, { names }: Owner): ReadonlyMap<string, readonly string[]> {
  const queues = [...(listing.get('request-queue') ?? [])].flatMap(([name, { algorithm }]) => {
    const line = names.lineOfQueue(name);
    return line !== undefined && algorithm !== undefined ? [{ line, algorithm }] : [];
  });
  const groups = Map.groupBy(queues, ({ algorithm }) => algorithm);
  return new Map([...groups].map(([algorithm, own]) => [algorithm, own.map(({ line }) => line)]));
}

/** What the list alone cannot vouch for. */
function subjectsOf(kind: Kind, desired: readonly Wanted[], listed: ReadonlyMap<string, Listed>): Subjects {
  const wanted = new Map(desired.filter((one) => one.kind === kind.name).map((one) => [one.name, one]));
  const unsure = [...wanted].filter(([name, { specHash }]) => listed.get(name)?.specHash !== specHash);
  const unwanted = [...listed.keys()].filter((name) => !wanted.has(name));
  return new Map<string, Wanted | undefined>([...unsure, ...unwanted.map((name) => [name, undefined] as const)]);
}

/** A hash says what was applied last, not what somebody did to the resource since. */
function withoutHashes(listed: ReadonlyMap<string, Listed>): ReadonlyMap<string, Listed> {
  return new Map([...listed].map(([name, one]) => [name, { ...one, specHash: undefined }]));
}
