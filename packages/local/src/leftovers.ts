/** Processes of an agent that died: a new one finds them by what it wrote down, and ends them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { listCommand, removeCommand } from './container-commands.ts';
import { type Engine, runEngine } from './container-engine.ts';
import { readIfThere, writePrivately } from './environment.ts';

const FILE = 'agent.json';

/** Writes down which processes run. */
export async function rememberProcesses(home: string, pids: readonly number[]): Promise<void> {
  await writePrivately(join(home, FILE), JSON.stringify({ pids }));
}

/** Ends the processes of the last agent that are still ours: a number alone may be another process by now. */
export async function killLeftovers(home: string): Promise<void> {
  const text = await readIfThere(join(home, FILE));
  const { pids = [] }: { pids?: readonly number[] } = text ? JSON.parse(text) : {};
  for (const pid of pids) {
    if (await isWorker(pid)) killGroup(pid);
  }
  await rememberProcesses(home, []);
}

/** Ends the containers of the last agent with that state folder. */
export async function removeContainers(engine: Engine, home: string): Promise<void> {
  const names = (await runEngine(engine, listCommand(home))).split(/\s+/).filter(Boolean);
  if (names.length > 0) await runEngine(engine, removeCommand(engine.name, names));
}

/** The process and all below it: each task has a group of its own. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}

/** What `ps` or `/proc` says a process runs: the SDK's module, which nothing else starts. */
async function isWorker(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(async () => {
    const { stdout } = await execa('ps', ['-o', 'command=', '-p', String(pid)], { reject: false });
    return stdout;
  });
  return /-m[\0 ]mip_sdk/.test(command);
}
