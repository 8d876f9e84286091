/** What runs in a thread of the pool. Beside a bundle of the server this file is one of its own, `worker.js`. */
import workerpool from 'workerpool';
import { type RenderTask, render } from '../render/render.ts';
import { decodeFrame } from './codecs.ts';
import { Undecodable } from './format.ts';
import type { DecodeTask, Outcome } from './pool.ts';

async function outcome(work: () => Promise<Uint8Array>): Promise<Outcome | InstanceType<typeof workerpool.Transfer>> {
  try {
    const bytes = await work();
    return new workerpool.Transfer({ bytes }, [bytes.buffer as ArrayBuffer]);
  } catch (error) {
    if (error instanceof Undecodable) return { undecodable: error.message };
    throw error;
  }
}

workerpool.worker({
  decode: ({ frame, codec, format }: DecodeTask) => outcome(() => decodeFrame(frame, codec, format)),
  render: (task: RenderTask) => outcome(() => render(task)),
});
