/** MIP and a peer, request by request in turns, so that the machine's noise hits both alike. */
import { median, type Row } from '../row.ts';

/** Each does the thing once. */
export interface Sides {
  readonly mip: () => Promise<unknown>;
  readonly bare: () => Promise<unknown>;
}

export interface Contest {
  readonly name: string;
  readonly peer: string;
  readonly requests: number;
  readonly warming: number;
}

/** MIP takes at most 1.5 times as long. */
const GOAL = 1 / 1.5;

/** @returns the median and the 99th percentile, in milliseconds. */
export async function contest({ mip, bare }: Sides, { name, peer, requests, warming }: Contest): Promise<readonly Row[]> {
  const times = { mip: [] as number[], bare: [] as number[] };
  for (let request = -warming; request < requests; request += 1)
    for (const [who, side] of turn(request, [['mip', mip] as const, ['bare', bare] as const])) {
      const start = performance.now();
      await side();
      if (request >= 0) times[who].push(performance.now() - start);
    }
  return [0.5, 0.99].map((share) => {
    const [own, other] = [percentile(times.mip, share), percentile(times.bare, share)];
    const ratio = other / own;
    return {
      case: `${name}, p${share * 100}`,
      unit: 'ms',
      mip: own,
      peer: other,
      peer_name: peer,
      ratio,
      goal: GOAL,
      holds: ratio >= GOAL,
    };
  });
}

/** Who goes first goes second the next time: what one leaves behind, as garbage, is not always in the other's time. */
function turn<Side>(request: number, sides: readonly Side[]): readonly Side[] {
  return request % 2 === 0 ? sides : sides.toReversed();
}

function percentile(values: readonly number[], share: number): number {
  if (share === 0.5) return median(values);
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
