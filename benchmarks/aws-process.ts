/** The process that plays AWS, from outside: started before anything is timed, stopped at the end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundled } from './bundle.ts';
import { ROOT } from './catalog-of.ts';
import { measured } from './measured.ts';

export class AwsProcess {
  readonly socket: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string, socket: string) {
    this.#child = child;
    this.#folder = folder;
    this.socket = socket;
  }

  /** One that holds all that the catalog of a repository asks for. */
  static async holding(repository: string): Promise<AwsProcess> {
    const program = [process.execPath, bundled(join(ROOT, 'benchmarks/aws-answers.ts'))] as const;
    const folder = mkdtempSync(join(tmpdir(), 'mip-aws-'));
    const [state, socket] = [join(folder, 'state'), join(folder, 'socket')];
    measured([...program, 'prepare', repository, state]);
    const [node, bundle] = program;
    const child = spawn(node, [bundle, 'serve', state, socket], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`the process that plays AWS ended with ${code}`)));
    await Promise.race([once(child.stdout, 'data'), ended]);
    ended.catch(() => undefined);
    return new AwsProcess(child, folder, socket);
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
