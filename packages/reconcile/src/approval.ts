/** Approved means applied: what a reviewed plan may destroy, as a record to keep, and what of a later plan nobody saw. Pure. */

import type { PlannedChange } from './change.ts';
import type { Plan } from './plan.ts';

/** What may be destroyed in one region. */
export interface Approval {
  /** Algorithms that leave altogether, with whatever belongs to them. Sorted. */
  readonly algorithms: readonly string[];
  /** `kind name` of single resources of algorithms that stay. Sorted. */
  readonly resources: readonly string[];
}

/** What a plan of one platform showed, as it is kept beside the commit that was reviewed. */
export interface ApprovalRecord {
  readonly schema: 'approval/1';
  readonly platform: string;
  /** By region. */
  readonly regions: Readonly<Record<string, Approval>>;
}

/** What takes something away that may not come back. */
export function destructive({ changes }: Pick<Plan, 'changes'>): readonly PlannedChange[] {
  return changes.filter(({ action }) => action === 'delete');
}

/** The record of the plans of one platform's regions. */
export function approvalOf(platform: string, plans: readonly Pick<Plan, 'changes' | 'region'>[]): ApprovalRecord {
  return { schema: 'approval/1', platform, regions: Object.fromEntries(plans.map((plan) => [plan.region, approvalIn(plan)])) };
}

function approvalIn(plan: Pick<Plan, 'changes'>): Approval {
  const kept = new Set(plan.changes.filter(({ action }) => action !== 'delete').map(({ algorithm }) => algorithm));
  const destroyed = destructive(plan);
  const leaves = ({ algorithm, kind }: PlannedChange) => kind === 'registry-entry' && !kept.has(algorithm);
  const algorithms = new Set(destroyed.filter(leaves).map(({ algorithm }) => algorithm));
  const single = destroyed.filter(({ algorithm }) => !algorithms.has(algorithm));
  return { algorithms: [...algorithms].sort(), resources: single.map(nameOf).sort() };
}

/** What a plan would destroy though none of the records has it: each was approved for this platform and region or does not count. */
export function unapproved(
  plan: Pick<Plan, 'platform' | 'region' | 'changes'>,
  records: readonly ApprovalRecord[],
): readonly PlannedChange[] {
  const approvals = records.filter(({ platform }) => platform === plan.platform).flatMap(({ regions }) => regions[plan.region] ?? []);
  const algorithms = new Set(approvals.flatMap((approval) => approval.algorithms));
  const resources = new Set(approvals.flatMap((approval) => approval.resources));
  return destructive(plan).filter((change) => !algorithms.has(change.algorithm) && !resources.has(nameOf(change)));
}

/** A record from its JSON, or undefined where the text is none: what cannot be read approves nothing. */
export function readApproval(text: string): ApprovalRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is ApprovalRecord {
  const { schema, platform, regions } = (value ?? {}) as Partial<ApprovalRecord>;
  const whole = schema === 'approval/1' && typeof platform === 'string' && typeof regions === 'object' && regions !== null;
  return whole && Object.values(regions).every((one) => isNames(one?.algorithms) && isNames(one?.resources));
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function nameOf({ kind, name }: PlannedChange): string {
  return `${kind} ${name}`;
}
