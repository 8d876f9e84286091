/** A clock that only goes forward: what a lease and a rate are measured by. Time spent stopped counts too. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Does something again and again, and keeps no process alive for it. @returns what ends it. */
  every(ms: number, work: () => void): () => void;
}

export const monotonicClock: Clock = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  every(ms, work) {
    const timer = setInterval(work, ms).unref();
    return () => clearInterval(timer);
  },
};
