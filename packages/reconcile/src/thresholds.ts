/** How much one run may change before somebody has to allow it by name. Shares are fractions of the owned algorithms, from 0 to 1. */
export interface Thresholds {
  /** With fewer owned algorithms than this, shares say little and counts hold. */
  readonly few: number;
  readonly deletedShare: number;
  readonly deletedOfFew: number;
  readonly updatedShare: number;
}

export const THRESHOLDS: Thresholds = { few: 10, deletedShare: 0.3, deletedOfFew: 2, updatedShare: 0.5 };
