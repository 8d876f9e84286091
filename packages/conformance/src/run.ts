/** Runs one case to its end and leaves its folder, whatever happens: a case that takes too long or needs too much has an outcome too. */
import { existsSync } from 'node:fs';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execute } from './execute.ts';
import { type Launch, NOBODY, type Order, type Place, SCRATCH } from './launch.ts';

/** A case that could not even start; the message is a sentence. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted';
}

/** `outcome.json` is there afterwards. @throws {NotStarted} */
export async function runCase(place: Place, order: Order): Promise<void> {
  await mkdir(join(order.output, SCRATCH), { recursive: true });
  const launch = place.launch(order);
  // Whoever is root runs the container as somebody else, who has to write here.
  if (launch.end && process.getuid?.() === 0) for (const path of ['', SCRATCH]) await chown(join(order.output, path), NOBODY, NOBODY);
  const began = performance.now();
  const error = await start(launch, order);
  if (!error) return;
  const outcome = { schema: 'case-outcome/1', outcome: null, error, seconds: (performance.now() - began) / 1000 };
  await writeFile(join(order.output, 'outcome.json'), JSON.stringify(outcome));
}

interface RunError {
  readonly code: string;
  readonly message: string;
  readonly where: string;
}

/** @returns how it ended, where the case itself could not say it. */
async function start(launch: Launch, { subject, output }: Order): Promise<RunError | undefined> {
  const { command, environment, inherits, timeoutSeconds, end } = launch;
  const [program, ...args] = command;
  const options = { cwd: join(output, SCRATCH), timeoutSeconds, ...(!inherits && { env: environment }) };
  const done = await execute(program, args, options);
  if (done.timedOut) {
    if (end) await execute(end[0], end.slice(1));
    return { code: 'timeout', message: `it took longer than ${timeoutSeconds} s`, where: '' };
  }
  if (done.exitCode === 0 && existsSync(join(output, 'outcome.json'))) return undefined;
  if (done.missing) throw new NotStarted(`there is no ${program} on this machine`);
  const signal = done.signal ?? signalOf(done.exitCode);
  if (signal === undefined) throw new NotStarted(`the case did not start: ${lastLine(done.stderr) || `exit code ${done.exitCode}`}`);
  const memory = signal === 'SIGKILL' ? `; it may have needed more than ${subject.memory} MiB of memory` : '';
  return { code: 'internal', message: `the process was ended by ${signal}${memory}`, where: '' };
}

/** A container's engine tells a signal as a shell does. */
function signalOf(exitCode = 0): string | undefined {
  return { 134: 'SIGABRT', 135: 'SIGBUS', 136: 'SIGFPE', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM' }[exitCode];
}

/** What the SDK's runner, Python or the engine said last; no more than a line of plain text. */
function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 300);
}
