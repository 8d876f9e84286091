import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { UsageMeter } from './usage.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of started.splice(0)) if (pid) process.kill(-pid, 'SIGKILL');
});

/** A shell that leads its group, and works in a child of its own or waits. */
function task(script: string): number {
  const child = spawn('/bin/sh', ['-c', `${script} & wait`], { detached: true, stdio: 'ignore' });
  started.push(child);
  return child.pid ?? 0;
}

describe.runIf(existsSync('/proc/self/stat'))('the use of CPU and memory', () => {
  it('of a task is that of its whole group, in percent of what it was given, from the second look on', async () => {
    const busy = { service: 'busy', pid: task('while :; do :; done'), cpu: 256, memory: 512 };
    const idle = { service: 'idle', pid: task('sleep 60'), cpu: 256, memory: 512 };
    const meter = new UsageMeter(() => [busy, idle]);
    expect(meter.of('busy')).toBe(undefined);
    meter.of('idle');
    await sleep(1000);
    const [worked, waited] = [meter.of('busy'), meter.of('idle')];
    expect(worked?.cpu).toBeGreaterThan(waited?.cpu ?? 0);
    expect(waited?.memory).toBeGreaterThan(0);
    expect(waited?.memory).toBeLessThan(100);
  });

  it('of what does not run cannot be told', () => {
    const meter = new UsageMeter(() => [{ service: 'gone', pid: 2 ** 22 + 1, cpu: 256, memory: 512 }]);
    expect([meter.of('gone'), meter.of('gone'), meter.of('nobody')]).toEqual([undefined, undefined, undefined]);
  });
});
