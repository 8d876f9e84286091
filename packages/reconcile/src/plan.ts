/** From desired and observed to the changes between them: data, sorted, with a digest. Pure. */

import { TAGS } from '@mip/registry/names';
import type { Algorithm, ScaleOverride } from './algorithm.ts';
import { type Action, type Cause, type FieldDiff, hashOf, type PlannedChange, type Refusal, riskOf } from './change.ts';
import { type Consequences, consequencesOf, contractChanges, contractRefusals } from './consequences.ts';
import { CONTRACT_CAUSES } from './contract.ts';
import { KINDS } from './kinds/index.ts';
import type { Change, Kind, Observed, Wanted } from './kinds/kind.ts';
import type { KindObservation, Observation } from './observe.ts';
import type { Platform } from './platform.ts';

/** What a run would do. `digest` is `sha256:…` over the RFC 8785 form of all the rest. */
export interface Plan extends Consequences {
  readonly schema: 'plan/1';
  readonly platform: string;
  readonly region: string;
  readonly catalog: string;
  /** Algorithm by algorithm, each in the order in which they are applied. */
  readonly changes: readonly PlannedChange[];
  /** What is left alone, and why. */
  readonly refusals: readonly Refusal[];
  readonly digest: string;
}

/** One change together with what it takes to make it. */
export interface Step {
  readonly planned: PlannedChange;
  readonly change: Change;
}

/** What one kind asks for. */
interface Decision {
  readonly steps: readonly Step[];
  readonly refusals: readonly Refusal[];
}

const NOTHING: Decision = { steps: [], refusals: [] };

/** What deciding needs to know beside the two states. */
interface Context extends Claim {
  readonly unread: boolean;
  readonly lineOf: LineOf;
}

/** The line, from 1, at which a catalog file says what a JSON pointer names; asked only for what changes. */
export type LineOf = (file: string, pointer: string) => number;

/** What a run may call its own: what its catalog owns, and what it was told to take over from nobody. */
export interface Claim {
  readonly catalogId: string;
  readonly adopt: ReadonlySet<string>;
}

/** What is compared, and where. */
export interface States {
  /** The catalog that `desired` came of. */
  readonly algorithms: readonly Algorithm[];
  /** True where part of the catalog could not be read: what it does not name may be wanted all the same. */
  readonly unread?: boolean;
  readonly overrides?: ReadonlyMap<string, ScaleOverride>;
  readonly desired: readonly Wanted[];
  readonly observation: Observation;
  readonly platform: Platform;
  /** What was found out before: versions that cannot run. */
  readonly unservable?: readonly Refusal[];
  readonly adopt?: ReadonlySet<string>;
  readonly lineOf?: LineOf | undefined;
}

/** The steps to take, in order, and the plan that shows them. The same input in any order gives the same plan. */
export function decide(states: States): { plan: Plan; steps: readonly Step[] } {
  const { algorithms, desired, observation, platform, unread = false } = states;
  const { overrides = new Map(), unservable = [], adopt = new Set(), lineOf = () => 1 } = states;
  const context = { catalogId: platform.catalogId, adopt, unread, lineOf };
  const decisions = KINDS.flatMap((kind) => decideKind(kind, desired, observation.get(kind.name), context));
  const rows = observation.get('registry-entry') ?? { listed: new Map(), inspected: new Map() };
  const contracts = contractChanges(algorithms, rows);
  const broken = contractRefusals(contracts, algorithms, platform, lineOf);
  const refusals = [...decisions.flatMap((one) => one.refusals), ...broken, ...unservable].sort(inOrder);
  const refused = new Set(refusals.map(({ algorithm }) => algorithm));
  const steps = decisions
    .flatMap((one) => one.steps)
    .filter(({ planned }) => !refused.has(planned.algorithm))
    .sort((a, b) => inOrder(a.planned, b.planned));
  const content = {
    schema: 'plan/1' as const,
    platform: platform.name,
    region: platform.region,
    catalog: platform.catalogId,
    changes: steps.map(({ planned }) => planned),
    refusals,
    ...consequencesOf({ algorithms, unread, refused, platform, rows, overrides, contracts }),
  };
  return { plan: { ...content, digest: hashOf(content) }, steps };
}

function decideKind(kind: Kind, desired: readonly Wanted[], seen: KindObservation | undefined, context: Context): readonly Decision[] {
  if (!seen) throw new Error(`${kind.name} was not observed`); // never taken for "there is nothing"
  const wanted = new Map(desired.filter((one) => one.kind === kind.name).map((one) => [one.name, one]));
  const unwanted = context.unread ? [] : [...seen.listed.keys()].filter((name) => !wanted.has(name));
  return [
    ...[...wanted.values()].map((one) => decideWanted(kind, one, seen, context)),
    ...unwanted.map((name) => decideUnwanted(kind, name, seen, context)),
  ];
}

function decideWanted(kind: Kind, wanted: Wanted, { listed, inspected }: KindObservation, context: Context): Decision {
  const { name, algorithm, specHash } = wanted;
  if (listed.get(name)?.specHash === specHash) return NOTHING;
  const change = changeTo(wanted, inspected.get(name));
  const reason = refusalOf(kind, change, context);
  if (reason) return { steps: [], refusals: [{ kind: kind.name, name, algorithm, reason, cause: causeOf(wanted, '', context) }] };
  const fields = fieldsOf(kind, change);
  if (fields.length === 0) return NOTHING;
  return { steps: [step(change, fields, causeOf(wanted, pointerOf(kind, fields), context))], refusals: [] };
}

/** What a further release has of its own is frozen, and is there because the entry names it; its size is the entry's. */
function causeOf({ file, at }: Wanted, field: string, { lineOf }: Context): Cause {
  const pointer = at !== undefined && OF_A_VERSION.has(field) ? at : field;
  return { file, pointer, line: lineOf(file, pointer) };
}

const OF_A_VERSION: ReadonlySet<string> = new Set(['/source', '/image_uri', ...Object.values(CONTRACT_CAUSES)]);

/** The list may be a moment old: what is gone is no change, and what turns out to be another's is left alone. */
function decideUnwanted(kind: Kind, name: string, { listed, inspected }: KindObservation, { catalogId }: Context): Decision {
  const observed = inspected.get(name);
  if (observed?.owner !== catalogId) return NOTHING;
  const algorithm = observed.algorithm ?? listed.get(name)?.algorithm ?? name;
  const change: Change = { kind: kind.name, name, algorithm, action: 'delete', observed };
  return { steps: [step(change, fieldsOf(kind, change), null)], refusals: [] };
}

/** Creates what is not there, updates what is. */
export function changeTo(wanted: Wanted, observed: Observed | undefined): Change {
  const { kind, name, algorithm } = wanted;
  return observed ? { kind, name, algorithm, action: 'update', wanted, observed } : { kind, name, algorithm, action: 'create', wanted };
}

/** Why an existing resource must be left as it is: it is not owned, or its kind says so. */
export function refusalOf(kind: Kind, { name, wanted, observed }: Change, { catalogId, adopt }: Claim): string | undefined {
  if (!observed) return undefined;
  if (observed.owner !== undefined && observed.owner !== catalogId)
    return `${kind.name} ${name} exists and belongs to catalog ${observed.owner}; it is never overwritten`;
  if (observed.owner === undefined && !adopt.has(name))
    return `${kind.name} ${name} exists and belongs to nobody that tagged it; it is never overwritten. To take it over, adopt it by this name`;
  return wanted && kind.refuse?.(wanted, observed);
}

/** What differs, down to the hash on the resource: an update that stopped half-way shows there. */
export function fieldsOf(kind: Kind, { wanted, observed }: Change): readonly FieldDiff[] {
  if (!wanted || !observed) return [{ path: '', from: observed?.spec ?? null, to: wanted?.spec ?? null }];
  const fields = kind.diff(wanted.spec, observed.spec);
  if (observed.owner === undefined) return [...fields, { path: `/tags/${TAGS.algorithm}`, from: null, to: wanted.algorithm }];
  if (fields.length > 0 || observed.specHash === wanted.specHash) return fields;
  return [{ path: `/tags/${TAGS.specHash}`, from: observed.specHash ?? null, to: wanted.specHash }];
}

function step(change: Change, fields: readonly FieldDiff[], cause: Cause | null): Step {
  const { kind, name, algorithm, action } = change;
  return { planned: { kind, name, algorithm, action, fields, cause, risk: riskOf(action, fields) }, change };
}

/** The catalog field behind the first difference that has one; else '', the whole file. */
function pointerOf(kind: Kind, fields: readonly FieldDiff[]): string {
  const known = Object.entries(kind.causes).sort(([a], [b]) => b.length - a.length);
  const pointers = fields.map(({ path }) => known.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1] ?? '');
  return pointers.find((pointer) => pointer !== '') ?? '';
}

/** By algorithm; within one, what is made in the order of KINDS, then what goes, in reverse. */
function inOrder(a: Target, b: Target): number {
  const direction = a.action === 'delete' ? -1 : 1;
  return (
    compare(a.algorithm, b.algorithm) ||
    compare(a.action === 'delete' ? 1 : 0, b.action === 'delete' ? 1 : 0) ||
    direction * (compare(ORDER.get(a.kind) ?? 0, ORDER.get(b.kind) ?? 0) || compare(a.name, b.name))
  );
}

type Target = Pick<PlannedChange, 'algorithm' | 'kind' | 'name'> & { readonly action?: Action };

const ORDER: ReadonlyMap<string, number> = new Map(KINDS.map(({ name }, index) => [name, index]));

/** By code unit: the same on every machine, whatever its language. */
function compare<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
