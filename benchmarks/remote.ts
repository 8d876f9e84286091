/** The wire between MIP's process and the one that plays AWS: a line of JSON for each call, and one for its answer. */

/** `client` is a field of `Aws`; `command` the name of the SDK's command. */
export interface Asked {
  readonly id: number;
  readonly client: string;
  readonly command: string;
  readonly input: unknown;
}

export type Answered = { readonly id: number } & ({ readonly output: unknown } | { readonly error: string });

const NEW_LINE = 0x0a;

/** Cuts a stream into lines; what is left over waits for the rest. */
export class Lines {
  #parts: Buffer[] = [];

  /** @param chunk as it arrived. */
  *add(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, from)) {
      this.#parts.push(chunk.subarray(from, end));
      yield this.#parts.length > 1 ? Buffer.concat(this.#parts).toString() : chunk.toString('utf8', from, end);
      this.#parts = [];
      from = end + 1;
    }
    if (from < chunk.length) this.#parts.push(chunk.subarray(from));
  }
}
