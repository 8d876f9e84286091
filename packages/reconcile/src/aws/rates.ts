/** Keeps calls within a rate, as AWS counts it: a bucket of tokens that refills steadily, one token a call. */

import type { Clock } from './clock.ts';

/** `burst` calls at once, then `perSecond`. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export class TokenBucket {
  readonly #rate: Rate;
  readonly #clock: Clock;
  /** Below 0 are tokens that somebody waits for already. */
  #tokens: number;
  #at: number;

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
    this.#tokens = rate.burst;
    this.#at = clock.now();
  }

  /** Resolves when the call may be made; those who wait are served in the order in which they came. */
  async take(): Promise<void> {
    const { burst, perSecond } = this.#rate;
    const now = this.#clock.now();
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) * perSecond) / 1000) - 1;
    this.#at = now;
    if (this.#tokens < 0) await this.#clock.sleep((-this.#tokens / perSecond) * 1000);
  }
}
