/** Memory for what is on its way to S3: a fixed number of buffers that are used again, so that traffic makes neither garbage nor growth. */

/** S3's smallest part of a multipart upload; what is smaller goes in one call. */
export const SLAB_BYTES = 5 * 1024 * 1024;

export class Slabs {
  readonly #most: number;
  readonly #free: Buffer[] = [];
  readonly #waiting: ((slab: Buffer) => void)[] = [];
  #made = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** A slab, as soon as there is one; its bytes are anything. Give it back. */
  async take(): Promise<Buffer> {
    const slab = this.#free.pop();
    if (slab) return slab;
    if (this.#made < this.#most) {
      this.#made += 1;
      return Buffer.allocUnsafeSlow(SLAB_BYTES); // of which the kernel gives only the pages that are written to
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  give(slab: Buffer): void {
    const next = this.#waiting.shift();
    if (next) next(slab);
    else this.#free.push(slab);
  }
}
