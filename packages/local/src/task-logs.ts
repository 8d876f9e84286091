/** The logs of all tasks, shipped beside what the agent does: nothing waits for them but the end. */
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { EmulatorConnection } from './environment.ts';
import { TaskLog } from './task-log.ts';
import type { TaskLaunch } from './task-process.ts';

/** Milliseconds that the end waits for what is left: the emulator may be gone already. */
const END_GRACE_MS = 2000;

export class TaskLogs {
  readonly #client: CloudWatchLogsClient;
  /** By task: one that is started again goes on in its own. */
  readonly #logs = new Map<string, TaskLog>();

  constructor(connection: EmulatorConnection) {
    this.#client = new CloudWatchLogsClient({ ...connection, maxAttempts: 1 });
  }

  /** Ships the log of what is about to start. */
  async add(task: string, { log: file, shipTo }: Pick<TaskLaunch, 'log' | 'shipTo'>): Promise<void> {
    if (!shipTo || this.#logs.has(task)) return;
    const from = await stat(file).then(
      ({ size }) => size,
      () => 0,
    );
    this.#logs.set(task, new TaskLog({ client: this.#client, file, from, ...shipTo }));
  }

  /** Begins to ship what has come; returns at once. */
  ship(): void {
    for (const log of this.#logs.values()) void log.ship();
  }

  /** Of a task that is no more. */
  remove(task: string): void {
    void this.#logs.get(task)?.ship({ last: true });
    this.#logs.delete(task);
  }

  /** Ships what is left, the half lines too. */
  async end(): Promise<void> {
    const all = [...this.#logs.values()].map((log) => log.ship({ last: true }));
    await Promise.race([Promise.all(all), sleep(END_GRACE_MS, undefined, { ref: false })]);
  }
}
