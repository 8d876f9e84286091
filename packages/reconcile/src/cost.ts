/** What tasks cost a month, and what a plan changes about it. Pure. */

/** USD an hour on demand, Linux: for a vCPU and for a GiB of memory. */
interface Price {
  readonly vcpu: number;
  readonly gb: number;
}

/**
 * AWS Fargate's public prices; a region without one costs an unknown amount, never nothing. The prices of us-east-1 were held against
 * https://www.vantage.sh/blog/fargate-pricing, since https://aws.amazon.com/fargate/pricing/ could not be read here; the other regions' are as
 * AWS published them and could not be checked again.
 */
export const PRICES: { readonly date: string; readonly regions: Readonly<Record<string, Readonly<Record<Architecture, Price>>>> } = {
  date: '2026-03-10',
  regions: {
    ...Object.fromEntries(
      ['us-east-1', 'us-east-2', 'us-west-2', 'eu-west-1'].map((region) => [
        region,
        { amd64: { vcpu: 0.04048, gb: 0.004445 }, arm64: { vcpu: 0.03238, gb: 0.00356 } },
      ]),
    ),
    'eu-central-1': { amd64: { vcpu: 0.04656, gb: 0.00511 }, arm64: { vcpu: 0.03725, gb: 0.00409 } },
  },
};

const HOURS_A_MONTH = 730;

export type Architecture = 'amd64' | 'arm64';

/** What an algorithm may run: `cpu` in Fargate's units (1,024 = 1 vCPU), `memory` in MiB, each times the tasks. */
export interface Sized {
  readonly algorithm: string;
  readonly cpu: number;
  readonly memory: number;
  /** Of a task; more than none run on instances, and what those cost is not known here. */
  readonly gpu: number;
  readonly architecture: Architecture;
  readonly tasks: Range;
}

/** From the least to the most, tasks or USD a month. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Null before an algorithm is there, or after it is gone. */
export interface CostChange {
  readonly algorithm: string;
  readonly from: Range | null;
  readonly to: Range | null;
}

/** USD a month, not rounded. `changes` are those algorithms whose cost changes, sorted; `from` and `to` are those of all. */
export interface CostDiff {
  readonly priced: string;
  readonly changes: readonly CostChange[];
  readonly from: Range;
  readonly to: Range;
  /** Those that change and cost, before or after, what nobody knows: it is in none of the sums. Absent where there are none. */
  readonly unknown?: readonly string[];
}

/** @returns null for a region whose prices are not known. */
export function costDiff(region: string, before: readonly Sized[], after: readonly Sized[]): CostDiff | null {
  const prices = PRICES.regions[region];
  if (!prices) return null;
  const costs = (all: readonly Sized[]) => new Map(all.map((one) => [one.algorithm, monthly(one, prices[one.architecture])]));
  const [from, to] = [costs(before.filter(isPriced)), costs(after.filter(isPriced))];
  const unknown = unpriced(before, after);
  const names = [...new Set([...from.keys(), ...to.keys()])].sort();
  const priced = names.filter((name) => !unknown.includes(name));
  const changes = priced.map((algorithm) => ({ algorithm, from: from.get(algorithm) ?? null, to: to.get(algorithm) ?? null }));
  const sum = (costs: ReadonlyMap<string, Range>) => sumOf(names.map((name) => costs.get(name) ?? NOTHING));
  return { priced: PRICES.date, changes: changes.filter(differs), from: sum(from), to: sum(to), ...(unknown.length > 0 && { unknown }) };
}

function monthly({ cpu, memory, tasks }: Sized, { vcpu, gb }: Price): Range {
  const one = ((cpu / 1024) * vcpu + (memory / 1024) * gb) * HOURS_A_MONTH;
  return { min: one * tasks.min, max: one * tasks.max };
}

/** The names of those that changed and have no price on either side, sorted. */
function unpriced(before: readonly Sized[], after: readonly Sized[]): readonly string[] {
  const text = (one: Sized | undefined) => one && [one.cpu, one.memory, one.gpu, one.tasks.min, one.tasks.max].join();
  const [was, is] = [before, after].map((all) => new Map(all.map((one) => [one.algorithm, one])));
  const names = [...new Set([...before, ...after].filter((one) => !isPriced(one)).map(({ algorithm }) => algorithm))].sort();
  return names.filter((name) => text(was?.get(name)) !== text(is?.get(name)));
}

/** Fargate is sold by its size, an instance as a whole. */
function isPriced({ gpu, tasks }: Sized): boolean {
  return gpu === 0 || tasks.max === 0;
}

function differs({ from, to }: CostChange): boolean {
  return from?.min !== to?.min || from?.max !== to?.max;
}

const NOTHING: Range = { min: 0, max: 0 };

/** In the order given: sums of fractions depend on it, and the digest of a plan holds these. */
function sumOf(all: readonly Range[]): Range {
  const total = (bound: keyof Range) => all.reduce((so, one) => so + one[bound], 0);
  return { min: total('min'), max: total('max') };
}
