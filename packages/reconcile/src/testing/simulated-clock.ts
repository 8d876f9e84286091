/** A clock for a whole world: whoever sleeps wakes in order, as soon as nobody is awake any more, whatever that takes in real time. */

import type { Clock } from '../aws/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export class SimulatedClock implements Clock {
  #now: number;
  readonly #sleepers: Sleeper[] = [];

  /** @param start milliseconds since 1970. */
  constructor(start = 0) {
    this.#now = start;
  }

  now = (): number => this.#now;

  sleep = (ms: number): Promise<void> => new Promise((wake) => this.#sleepers.push({ at: this.#now + ms, wake }));

  every = (ms: number, work: () => void): (() => void) => {
    let stopped = false;
    const again = () => {
      if (stopped) return;
      work();
      this.#sleepers.push({ at: this.#now + ms, wake: again });
    };
    this.#sleepers.push({ at: this.#now + ms, wake: again });
    return () => {
      stopped = true;
    };
  };

  /** Lets the time pass until the work is done. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    let going = true;
    const done = work().finally(() => {
      going = false;
    });
    for (;;) {
      await new Promise(setImmediate); // everybody awake goes on until it sleeps
      if (!going) return done;
      this.#wakeNext();
    }
  }

  #wakeNext(): void {
    if (this.#sleepers.length === 0) throw new Error('everybody waits for somebody else');
    const at = Math.min(...this.#sleepers.map((sleeper) => sleeper.at));
    this.#now = Math.max(this.#now, at);
    for (const sleeper of this.#sleepers.splice(0)) {
      if (sleeper.at <= at) sleeper.wake();
      else this.#sleepers.push(sleeper);
    }
  }
}
