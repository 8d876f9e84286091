/** The steps of the worker's loop as calls to AWS, and what is done to a worker that stands at one. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WireCall } from '../call.ts';
import type { Fault } from '../proxy.ts';
import { type Place, type TestWorker, updateOf } from './place.ts';

/** In their order. `process` is no call: the test algorithm waits there. */
export const STEPS = ['receive', 'parse', 'start', 'fetch', 'process', 'store', 'finish', 'ack'] as const;
const LATE_MS = 60_000;
export type Step = (typeof STEPS)[number];

/** Where a step is met on the wire: before its call reaches AWS, or after it took effect. */
const WIRE: Readonly<Record<Exclude<Step, 'process'>, { readonly call: (call: WireCall) => boolean; readonly when: 'before' | 'after' }>> =
  {
    receive: { call: ({ operation }) => operation === 'sqs:ReceiveMessage', when: 'after' },
    parse: { call: (call) => stateOf(call) === 'running', when: 'before' },
    start: { call: (call) => stateOf(call) === 'running', when: 'after' },
    fetch: { call: ({ operation }) => operation === 's3:GetObject', when: 'after' },
    store: { call: ({ operation }) => operation === 's3:PutObject', when: 'after' },
    finish: { call: (call) => stateOf(call) === 'succeeded', when: 'after' },
    ack: { call: ({ operation }) => operation === 'sqs:DeleteMessage', when: 'before' },
  };

function stateOf(call: WireCall): string | undefined {
  return updateOf(call).values[':state']?.S;
}

/** Whether a call is the one of a step. */
export function isAt(step: Step): (call: WireCall) => boolean {
  return step === 'process' ? () => false : WIRE[step].call;
}

/**
 * Sends a job and does something to the worker once it stands at a step; what it does may take a moment.
 *
 * @returns whether the step was reached.
 */
export async function atStep(
  place: Place,
  job: string,
  step: Step,
  worker: () => TestWorker,
  act: (worker: TestWorker) => unknown,
): Promise<boolean> {
  const { promise: done, resolve } = Promise.withResolvers<boolean>();
  let reached = false;
  const acts = async () => {
    if (reached) return;
    reached = true;
    await act(worker());
    resolve(true);
  };
  const late = sleep(LATE_MS, false, { ref: false });
  if (step === 'process') {
    await place.send(job, { does: 'waits', once: true });
    worker();
    const marked = await appears(place.mark(job));
    if (marked) await acts();
    await writeFile(`${place.mark(job)}.go`, '');
    return marked;
  }
  const { call, when } = WIRE[step];
  place.proxy.rules.push((one): Fault | undefined => (!reached && call(one) ? { do: 'hold', when, until: acts } : undefined));
  await place.send(job);
  worker();
  return Promise.race([done, late]);
}

/** Whether a file appears in time. */
async function appears(file: string): Promise<boolean> {
  for (const end = Date.now() + LATE_MS; Date.now() < end; await sleep(20)) if (existsSync(file)) return true;
  return false;
}
