/** Stops a process at a named step: what it does is a call to AWS, so the call is where it is stopped. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { WireCall } from './call.ts';
import type { FaultProxy } from './proxy.ts';

/** A place in a run: the first call that fits, before it reaches AWS, or after it took effect and before it is answered. */
export interface Step {
  readonly call: (call: WireCall) => boolean;
  readonly when: 'before' | 'after';
}

/** Kills the process (SIGKILL) at the step. Resolves with whether it came that far, once it is gone. */
export async function killAt(proxy: FaultProxy, child: ChildProcess, step: Step): Promise<boolean> {
  let reached = false;
  const gone = once(child, 'exit');
  const until = async () => {
    reached = true;
    child.kill('SIGKILL');
    await gone;
    await new Promise(() => undefined); // nobody waits for the answer any more
  };
  proxy.rules.push((call) => (!reached && step.call(call) ? { do: 'hold', when: step.when, until } : undefined));
  await gone;
  return reached;
}

/** Pauses the process (SIGSTOP) at the step. Resolves when it stands there, with what lets it go on. */
export function pauseAt(proxy: FaultProxy, child: ChildProcess, step: Step): Promise<() => void> {
  return new Promise((resolve) => {
    let reached = false;
    const until = () =>
      new Promise<void>((release) => {
        reached = true;
        child.kill('SIGSTOP');
        resolve(() => {
          child.kill('SIGCONT');
          release();
        });
      });
    proxy.rules.push((call) => (!reached && step.call(call) ? { do: 'hold', when: step.when, until } : undefined));
  });
}
