/** What the processes of tasks use of the CPU and the memory that they were given, from /proc. Where there is none, nothing can be told. */
import { readdirSync, readFileSync } from 'node:fs';

/** In percent, the mean of a service's tasks. */
export interface Usage {
  readonly cpu: number;
  readonly memory: number;
}

/** A task's process, which leads its group, and what the task was given: CPU units (1024 a core) and MiB. */
export interface TaskSize {
  readonly service: string;
  readonly pid: number;
  readonly cpu: number;
  readonly memory: number;
}

interface Seen {
  /** Of the whole group, ticks. */
  readonly ticks: number;
  readonly bytes: number;
}

/** Linux's USER_HZ and page size, which no machine that this runs on has otherwise. */
const TICKS_A_SECOND = 100;
const PAGE_BYTES = 4096;
const MIB = 2 ** 20;

export class UsageMeter {
  readonly #tasks: () => readonly TaskSize[];
  #before = new Map<number, { readonly ticks: number; readonly at: number }>();

  constructor(tasks: () => readonly TaskSize[]) {
    this.#tasks = tasks;
  }

  /** Since the last time it was asked for the same tasks; undefined the first time, and where nothing runs. */
  of(service: string): Usage | undefined {
    const tasks = this.#tasks().filter((task) => task.service === service);
    const groups = seenGroups();
    const now = performance.now();
    const used = tasks.flatMap(({ pid, cpu, memory }) => {
      const seen = groups.get(pid);
      const before = this.#before.get(pid);
      if (!seen) return [];
      this.#before.set(pid, { ticks: seen.ticks, at: now });
      if (!before || now <= before.at) return [];
      const cores = (seen.ticks - before.ticks) / TICKS_A_SECOND / ((now - before.at) / 1000);
      return [{ cpu: (100 * cores) / (cpu / 1024), memory: (100 * seen.bytes) / (memory * MIB) }];
    });
    if (used.length === 0) return undefined;
    const mean = (of: (one: Usage) => number) => used.reduce((sum, one) => sum + of(one), 0) / used.length;
    return { cpu: mean((one) => one.cpu), memory: mean((one) => one.memory) };
  }
}

/** Every process group, by its number. */
function seenGroups(): ReadonlyMap<number, Seen> {
  const groups = new Map<number, Seen>();
  for (const pid of processes()) {
    const fields = statOf(pid);
    if (!fields) continue;
    const group = Number(fields[2]); // counted after the command's name: state, ppid, pgrp
    const before = groups.get(group) ?? { ticks: 0, bytes: 0 };
    const ticks = Number(fields[11]) + Number(fields[12]);
    groups.set(group, { ticks: before.ticks + ticks, bytes: before.bytes + Number(fields[21]) * PAGE_BYTES });
  }
  return groups;
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** The fields after the command's name, which may hold anything but its last parenthesis. */
function statOf(pid: string): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // it has ended meanwhile
  }
}
