import { fileURLToPath } from 'node:url';
import workerpool, { type Pool } from 'workerpool';
import type { RenderTask } from '../render/render.ts';
import { type PixelFormat, Undecodable } from './format.ts';
import type { Codec } from './syntaxes.ts';

export interface DecodeTask {
  readonly frame: Uint8Array;
  readonly codec: Codec;
  readonly format: PixelFormat;
}

/** What workers answer: errors of ours come as values, so that they stay told apart from those of a broken worker. */
export type Outcome = { readonly bytes: Uint8Array } | { readonly undecodable: string };

/** A frame that takes longer is one that never ends. */
const PATIENCE_MS = 60_000;
/** Frames that wait for a thread; those beyond are refused rather than kept in memory. */
const MAX_QUEUE = 500;

/** Decoding and rendering in a few threads: the event loop goes on, and a damaged frame can bring down no more than its thread. */
export class PixelPool {
  readonly #pool: Pool;
  readonly #patienceMs: number;

  /** @param patienceMs after which a frame is taken for one that never ends */
  constructor(threads = 2, patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
    // Beside a bundle it is JavaScript.
    const script = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    this.#pool = workerpool.pool(fileURLToPath(new URL(script, import.meta.url)), {
      workerType: 'thread',
      maxWorkers: threads,
      // Frames are outside of the heap; what V8 likes to have beside them is not needed.
      workerThreadOpts: { resourceLimits: { maxYoungGenerationSizeMb: 4 } },
      maxQueueSize: MAX_QUEUE,
    });
  }

  /** One frame as numbers, little-endian, as `decodedFormat` describes it. @throws {Undecodable} */
  decode(task: DecodeTask): Promise<Buffer> {
    return this.#run('decode', task);
  }

  /** One frame as an image for people, in the media type that the task names. @throws {Undecodable} */
  render(task: RenderTask): Promise<Buffer> {
    return this.#run('render', task);
  }

  async close(): Promise<void> {
    await this.#pool.terminate(true);
  }

  async #run(name: 'decode' | 'render', task: DecodeTask | RenderTask): Promise<Buffer> {
    const outcome = (await this.#pool.exec(name, [task]).timeout(this.#patienceMs).catch(refuse)) as Outcome;
    if ('undecodable' in outcome) throw new Undecodable(outcome.undecodable);
    return Buffer.from(outcome.bytes.buffer, outcome.bytes.byteOffset, outcome.bytes.length);
  }
}

/** The thread was ended, or ended itself: the frame did that. */
function refuse(error: unknown): Outcome {
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError') return { undecodable: 'the decoding of a frame does not end' };
  if (error instanceof Error && /terminated|exit/i.test(error.message)) return { undecodable: 'a frame is damaged' };
  throw error;
}
