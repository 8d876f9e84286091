/** A server in a process of its own: it says where it listens, and ends with its standard input. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../catalog-of.ts';

export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param file below `benchmarks/`. */
  static async start(file: string, ...given: readonly string[]): Promise<ServerProcess> {
    const child = spawn(process.execPath, [join(ROOT, 'benchmarks', file), ...given], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`${file} ended with ${code}`)));
    const [said] = await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => undefined);
    return new ServerProcess(child, String(said).trim());
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}
