/** One figure of a benchmark. `ratio` above 1 means that MIP is better; `goal` null means that the figure is only printed. */
export interface Row {
  readonly case: string;
  readonly unit: string;
  readonly mip: number;
  readonly peer: number | null;
  readonly peer_name: string;
  readonly ratio: number | null;
  readonly goal: number | null;
  readonly holds: boolean | null;
}

/** The middle value of an odd number of runs, the mean of the two middle ones of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** A count that may not be more than so many: exact where a time is noise. */
export function bound(name: string, unit: string, count: number, most: number): Row {
  return { case: name, unit, mip: count, peer: most, peer_name: 'the most allowed', ratio: most / count, goal: 1, holds: count <= most };
}
