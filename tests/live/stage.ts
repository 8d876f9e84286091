/** Where a live catalog is played: a copy of this repository and the local cloud that watches it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cloud, copyRepository, testImage } from '../cloud.ts';

export const NAME = 'soft-tissue';
const ENTRY = `catalog/algorithms/${NAME}.yaml`;
const WINDOW = { center: 40, width: 400 };
const LONGEST_MS = 60_000;

export class Stage {
  readonly cloud: Cloud;
  readonly #root = copyRepository();
  /** The UIDs of the image that jobs are about. */
  #pacs: object | undefined;

  constructor() {
    this.cloud = new Cloud(this.#root);
  }

  async remove(): Promise<void> {
    await this.cloud.remove();
    rmSync(this.#root, { recursive: true, force: true });
  }

  /** The entry of this repository that is copied. */
  get original(): string {
    return readFileSync(join(this.#root, 'catalog/algorithms/window-level.yaml'), 'utf8');
  }

  /** Saves the entry as an editor does, or deletes it, and waits until the local cloud has said what is looked for. */
  async save(text: string | undefined, until: RegExp): Promise<readonly string[]> {
    const { cloud } = this;
    const from = cloud.printed.length;
    const path = join(this.#root, ENTRY);
    if (text === undefined) rmSync(path);
    else writeFileSync(path, text);
    return this.said(from, until);
  }

  /** What `mip up` has printed since, once it has printed what is looked for. */
  async said(from: number, until: RegExp): Promise<readonly string[]> {
    for (const end = Date.now() + LONGEST_MS; Date.now() < end; await sleep(50)) {
      const printed = this.cloud.printed.slice(from);
      if (until.test(printed)) return printed.slice(0, printed.lastIndexOf('\n')).split('\n');
    }
    return [...this.cloud.printed.slice(from).split('\n'), `(${until} was not said)`];
  }

  /** A command, as it is typed and what it prints. */
  command(...args: readonly string[]): { readonly code: number | null; readonly lines: readonly string[] } {
    const { code, out, err } = this.cloud.mip(args);
    const lines = (err + out).trimEnd().split('\n');
    return { code, lines: [`$ npx mip ${args.map((arg) => arg.replace(/^.*\/pydicom\/.*\//, '')).join(' ')}`, ...lines] };
  }

  /** A command that is repeated until it prints what is looked for. */
  async commandUntil(
    pattern: RegExp,
    ...args: readonly string[]
  ): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
    for (const end = Date.now() + LONGEST_MS; ; await sleep(500)) {
      const done = this.command(...args);
      if (pattern.test(`${done.lines.join('\n')}\n`) || Date.now() > end) return done;
    }
  }

  process(): { readonly code: number | null; readonly lines: readonly string[] } {
    const [center, width] = [`center=${WINDOW.center}`, `width=${WINDOW.width}`];
    const output = join(this.cloud.home, 'out');
    const done = this.command('process', NAME, testImage('CT_small.dcm'), '--parameter', center, '--parameter', width, '--output', output);
    return { ...done, lines: done.lines.map((line) => line.replaceAll(`${output}/`, '').replace(` --output ${output}`, '')) };
  }

  /** Asks for a job; the status. */
  async post(jobId: string): Promise<number> {
    const answer = await this.cloud.post(NAME, { job_id: jobId, pacs: this.#image(), parameters: WINDOW });
    await answer.body?.cancel();
    return answer.status;
  }

  /** The state of a job once it is over. */
  async ended(jobId: string): Promise<string> {
    return (await this.cloud.endedJob(jobId, LONGEST_MS)).state;
  }

  /** Stops the algorithm's workers where they are, or lets them go on. */
  signalWorkers(signal: 'SIGSTOP' | 'SIGCONT'): number {
    const pids: number[] = JSON.parse(readFileSync(join(this.cloud.home, 'agent.json'), 'utf8')).pids;
    const own = pids.filter((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`MIP_ALGORITHM=${NAME}`));
    for (const pid of own) process.kill(-pid, signal);
    return own.length;
  }

  #image(): object {
    this.#pacs ??= this.cloud.importImage(testImage('CT_small.dcm'));
    return this.#pacs;
  }
}
