/** What was read a moment ago, so that it need not be read again: in the memory of one process, for a time that is known. */

export interface ShortMemoryOptions {
  /** After so many milliseconds nothing is given that was asked for before. */
  readonly keptMs: number;
  /** How many values are kept; the oldest goes first. 1000 by default. */
  readonly most?: number;
  readonly now: () => Date;
}

interface Kept<Value> {
  readonly value: Promise<Value>;
  /** Counts from when the read began: what it gives may be as old as that. */
  readonly until: number;
}

/** Keeps what there is. That something is not there, or could not be read, is never kept. Who asks while a read is under way waits for that one. */
export class ShortMemory<Value> {
  readonly #kept = new Map<string, Kept<Value>>();
  readonly #options: Required<ShortMemoryOptions>;

  constructor(options: ShortMemoryOptions) {
    this.#options = { most: 1000, ...options };
  }

  get(key: string, read: () => Promise<Value>): Promise<Value> {
    const kept = this.#kept.get(key);
    return kept && kept.until > this.#options.now().getTime() ? kept.value : this.#keep(key, read());
  }

  #keep(key: string, value: Promise<Value>): Promise<Value> {
    const { keptMs, most, now } = this.#options;
    const mine: Kept<Value> = { value, until: now().getTime() + keptMs };
    this.#kept.delete(key); // a Map gives its keys in the order in which they came
    this.#kept.set(key, mine);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > most && oldest !== undefined) this.#kept.delete(oldest);
    const forget = () => {
      if (this.#kept.get(key) === mine) this.#kept.delete(key);
    };
    value.then((found) => found === undefined && forget(), forget);
    return value;
  }
}
