import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type End, type Launch, WorkerProcess } from './worker-process.ts';

let folder: string;
let started: WorkerProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip-worker-'));
  started = [];
});
afterEach(async () => {
  await Promise.all(started.map((process) => process.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const log = () => join(folder, 'logs', 'task.log');
const printed = () => (existsSync(log()) ? readFileSync(log(), 'utf8') : '');
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin' };

function launch(script: string, changes: Partial<Launch> = {}): Launch {
  return { command: ['sh', '-c', script], cwd: folder, environment, log: log(), stopTimeout: 5, ...changes };
}

function start(prepare: () => Promise<Launch>, changed: () => void = () => undefined): WorkerProcess {
  const process = new WorkerProcess(prepare, changed);
  started.push(process);
  return process;
}

async function until(what: string, look: () => boolean): Promise<void> {
  for (const limit = Date.now() + 10_000; Date.now() < limit; await new Promise((resolve) => setTimeout(resolve, 20))) if (look()) return;
  throw new Error(`not within 10 s: ${what}`);
}

function alive(pid: number): boolean {
  try {
    // A zombie that nobody reaps (usual in containers) has ended.
    if (existsSync('/proc/self/stat')) return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The process ids that the script printed, one a line. */
async function pids(count: number): Promise<number[]> {
  await until(`${count} lines`, () => printed().split('\n').length > count);
  return printed().trim().split('\n').map(Number);
}

describe('a process', () => {
  it.each<[string, Launch['command'], End]>([
    ['its code', ['sh', '-c', 'exit 7'], { by: 'itself', code: 7, signal: null }],
    ['0 when it has done its work', ['true'], { by: 'itself', code: 0, signal: null }],
    ['the signal that ended it', ['sh', '-c', 'kill -s KILL $$'], { by: 'itself', code: null, signal: 'SIGKILL' }],
    ["a shell's code for what is not there", ['no-such-program'], { by: 'itself', code: 127, signal: null }],
  ])('tells %s', async (_, command, end) => {
    const process = start(async () => launch('', { command }));
    expect(await process.ended).toEqual(end);
    expect([process.pid, process.status().state]).toEqual([undefined, 'ended']);
  });

  it.each<[string, () => Promise<Launch>]>([
    ['it cannot be prepared', () => new Promise((_, reject) => setTimeout(reject, 20, new Error('no image')))],
    ['its folder is not there', async () => launch('true', { cwd: join(folder, 'nothing') })],
  ])('has a fault when %s', async (_, prepare) => {
    const process = start(prepare);
    expect(await process.ended).toMatchObject({ by: 'fault', fault: expect.any(Error) });
    const { startedAt, endedAt } = process.status();
    expect(startedAt).toBe(endedAt); // it ran for no time at all, so the back-off grows
  });

  it('gets its words as they are, and no environment but its own', async () => {
    const words = ['a b', '$HOME', "it's", '--', ''];
    const script =
      'import json, os, sys; print(json.dumps([sys.argv[1:], sorted(set(os.environ) - {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"})]))';
    await start(async () => launch('', { command: ['python3', '-c', script, ...words] })).ended;
    expect(JSON.parse(printed())).toEqual([words, ['PATH']]);
  });

  it('never runs when it is stopped before it could start', async () => {
    const prepared = Promise.withResolvers<Launch>();
    const process = start(() => prepared.promise);
    const stopped = process.stop();
    prepared.resolve(launch('echo ran'));
    await stopped;
    expect([await process.ended, existsSync(log())]).toEqual([{ by: 'stopped' }, false]);
  });

  it('may finish its work when it is stopped, and so may what it started', async () => {
    // The child outlives the SIGTERM of its parent: like a container's, only the first process is told.
    const process = start(async () => launch("trap 'wait; echo finished; exit 0' TERM; (sleep 0.5; echo worked) & echo $$; wait"));
    await pids(1);
    await process.stop();
    expect([await process.ended, printed().split('\n').slice(1)]).toEqual([{ by: 'stopped' }, ['worked', 'finished', '']]);
  });

  it.each<[string, string, (process: WorkerProcess) => Promise<unknown>]>([
    ['it ends', 'sleep 100 & echo $!; exit 0', (process) => process.ended],
    ['it is stopped and does not listen', "trap '' TERM; sleep 100 & echo $!; while :; do sleep 1; done", (process) => process.stop()],
  ])('leaves nothing behind when %s', async (_, script, end) => {
    const process = start(async () => launch(script, { stopTimeout: 1 }));
    const [child = 0] = await pids(1);
    await end(process);
    await until('no child', () => !alive(child));
  });

  it('says when it has started and ended', async () => {
    const states: string[] = [];
    const process: WorkerProcess = start(
      async () => launch('true'),
      () => states.push(process.status().state),
    );
    await process.ended;
    expect(states).toEqual(['running', 'ended']);
  });
});
