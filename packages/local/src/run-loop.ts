/**
 * Runs something whenever it is asked for, and never twice at a time. What is asked for during a run makes one more run after it; while a
 * run leaves something to wait for, it runs again by itself, later each time.
 */

export interface RunLoopOptions {
  /** @returns whether something is left that a later run may find done. A rejection counts as that. */
  readonly run: () => Promise<boolean>;
  readonly times?: Partial<Times>;
}

/** Milliseconds. */
export interface Times {
  /** Requests that go on and on are answered after this. */
  readonly longestQuiet: number;
  /** Before the first repetition; each later one takes twice as long. */
  readonly firstPause: number;
  readonly longestPause: number;
}

const TIMES: Times = { longestQuiet: 10_000, firstPause: 1000, longestPause: 60_000 };

export class RunLoop {
  readonly #run: RunLoopOptions['run'];
  readonly #times: Times;
  #timer: NodeJS.Timeout | undefined;
  /** The requests that the timer answers: when the first came, and how long nobody may ask. A timer without any repeats a run. */
  #asked: { readonly since: number; readonly quietUntil: number } | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #pause: number;
  #stopped = false;

  constructor({ run, times }: RunLoopOptions) {
    this.#run = run;
    this.#times = { ...TIMES, ...times };
    this.#pause = this.#times.firstPause;
  }

  /** Runs once nobody has asked for `quiet` milliseconds. */
  ask(quiet: number): void {
    const now = Date.now();
    const { since, quietUntil } = this.#asked ?? { since: now, quietUntil: now };
    this.#asked = { since, quietUntil: Math.max(quietUntil, now + quiet) };
    this.#at(Math.min(this.#asked.quietUntil, since + this.#times.longestQuiet));
  }

  /** Lets the run that is under way end, and begins none any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #at(due: number): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#begin(), Math.max(0, due - Date.now()));
  }

  #begin(): void {
    if (this.#asked) this.#pause = this.#times.firstPause;
    this.#asked = undefined;
    if (this.#running) this.#again = true;
    else this.#running = this.#once();
  }

  async #once(): Promise<void> {
    const waits = await this.#run().catch(() => true);
    this.#running = undefined;
    const again = this.#again;
    this.#again = false;
    if (this.#stopped) return;
    if (again) this.#begin();
    else if (waits && !this.#asked) this.#repeat(); // a request that waits for quiet is a run of its own
  }

  #repeat(): void {
    this.#at(Date.now() + this.#pause);
    this.#pause = Math.min(this.#pause * 2, this.#times.longestPause);
  }
}
