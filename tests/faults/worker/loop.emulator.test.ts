/**
 * Each step of the worker's loop × each fault: real worker processes, real children, the emulator behind a proxy. A job is sent, the worker
 * is hit where it stands, and whatever is left of it, or the next worker, has to end the job once. Prints the table. With MIP_TEST_FULL each
 * guard is taken away too, and its row has to fail.
 */
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../emulator.ts';
import { FULL } from '../../full.ts';
import type { WireCall, WireError } from '../call.ts';
import { THROTTLED } from '../proxy.ts';
import { type Balance, Place, type TestWorker, type WorkerOptions } from './place.ts';
import { atStep, isAt, STEPS, type Step } from './steps.ts';

const S3_DOWN: WireError = { code: 'SlowDown', message: 'Please reduce your request rate.', status: 503 };
const SQS_DOWN: WireError = { code: 'ServiceUnavailable', message: 'The request has failed due to a temporary failure.', status: 503 };
const TOO_MUCH: WireError = { ...THROTTLED, code: 'ProvisionedThroughputExceededException' };
/** More than an SDK tries by itself, which is 4 times; and more than that in three receives. */
const TIMES = { once: 5, long: 16 };

let emulator: TestEmulator;
beforeAll(async () => {
  const algorithm = join(import.meta.dirname, 'algorithm');
  execFileSync('mkdir', ['-p', join(algorithm, 'build')]);
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', join(algorithm, 'build', 'libforever.so'), join(algorithm, 'forever.c')]);
  emulator = await openEmulator();
});
afterAll(async () => {
  printTable();
  await emulator.stop();
});

interface Row {
  readonly fault: string;
  readonly steps: readonly Step[];
  /** Hits the worker while it stands at the step; a row without this has rules that are set before. */
  readonly act?: (worker: TestWorker, step: Step) => unknown;
  readonly rule?: (step: Step, times: number) => (call: WireCall) => WireError | undefined;
  readonly options?: WorkerOptions;
  readonly parameters?: Readonly<Record<string, string | boolean>>;
  /** How many attempts each job has at its end. */
  readonly attempts?: (step: Step) => number;
  /** Whether the worker ends, and another is started for each step. */
  readonly anew?: boolean;
  /** The exit code of a worker that was hit. */
  readonly exits?: number;
  /** The guards without each of which the row fails. */
  readonly guards: readonly string[];
}

const refuses = (error: WireError, calls: (step: Step) => (call: WireCall) => boolean) => (step: Step, times: number) => {
  let left = times;
  const fits = calls(step);
  return (call: WireCall) => (fits(call) && left-- > 0 ? error : undefined);
};
const inChild = (step: Step) => (['fetch', 'process', 'store'].includes(step) ? 1 : 0);

const ROWS: readonly Row[] = [
  {
    fault: 'kill -9 worker',
    steps: STEPS,
    act: (worker) => worker.kill(),
    anew: true,
    guards: ['ack comes last', 'conditional finish', 'children end with their parent'],
  },
  { fault: 'kill -9 child', steps: STEPS, act: (worker) => worker.killChildren(), attempts: inChild, guards: ['a death is an answer'] },
  {
    fault: 'SIGTERM',
    steps: STEPS,
    act: terminate,
    anew: true,
    exits: 0,
    guards: ['hand-back'],
    options: { environment: { MIP_STOP_GRACE: '2' } },
  },
  { fault: 'S3 error', steps: ['fetch', 'store'], rule: refuses(S3_DOWN, isAt), guards: ['patience'] },
  {
    fault: 'SQS error',
    steps: ['receive', 'process', 'ack'],
    rule: refuses(SQS_DOWN, (step) => (step === 'process' ? (call) => call.operation.startsWith('sqs:ChangeMessage') : isAt(step))),
    guards: ['the loop outlives its errors'],
  },
  { fault: 'DynamoDB throttle', steps: ['start', 'finish'], rule: refuses(TOO_MUCH, isAt), guards: ['patience'] },
  {
    fault: 'out of memory',
    steps: ['process'],
    parameters: { does: 'eats', once: true },
    options: { environment: { MIP_MEMORY_MIB: '600' } },
    attempts: () => 1,
    guards: ['limits'],
  },
  {
    fault: 'time limit',
    steps: ['process'],
    parameters: { does: 'loops', once: true },
    options: { environment: { MIP_TIMEOUT: '2' } },
    attempts: () => 1,
    guards: ['limits'],
  },
];

const CELLS = new Map<string, string>();

describe.concurrent('a worker that is hit at a step of its loop', () => {
  it.each(ROWS)('$fault', { timeout: 300_000 }, async (row) => {
    await withPlace(async (place) => {
      const faults = await play(place, row, true);
      expect(faults, place.complaints()).toEqual([]);
    });
  });
});

const OUTAGE_PERIODS = 12;

/** One job is under way when S3 goes, another comes meanwhile. @returns what was wrong. */
async function outage(place: Place, without?: string): Promise<readonly string[]> {
  const period = 1;
  let down = true;
  place.proxy.restart((call) => (down && call.operation.startsWith('s3:') ? { do: 'refuse', error: S3_DOWN } : undefined));
  await place.send('first');
  place.start({ environment: { MIP_VISIBILITY: String(period) }, without });
  for (let waited = 0; waited < 600 && !place.proxy.counts['s3:GetObject']; waited += 1) await sleep(100);
  const receives = place.proxy.counts['sqs:ReceiveMessage'];
  await place.send('second');
  await sleep(OUTAGE_PERIODS * period * 1000);
  const during = place.proxy.counts['sqs:ReceiveMessage'];
  down = false;
  const settled = await place.settled(without ? 15 : 60);
  const records = await Promise.all(place.jobs.map((job) => place.record(job)));
  const dead = await place.messages(place.deadUrl);
  return [
    ...(settled ? [] : ['a job did not end']),
    ...(receives === during ? [] : [`${Number(during) - Number(receives)} receives while S3 was down`]),
    ...(dead === 0 ? [] : [`${dead} dead letters`]),
    ...records
      .filter(({ state, attempts }) => state !== 'succeeded' || attempts > 0)
      .map((one) => `${one.job_id}: ${one.state} ${one.attempts}`),
    ...(records[0]?.delivery === 1 ? [] : ['the message was handed back']),
  ];
}

describe.concurrent('an S3 outage of twelve visibility periods', () => {
  it('costs no attempt, nothing is received, and both jobs end after it', { timeout: 200_000 }, async () => {
    await withPlace(async (place) => expect(await outage(place), place.complaints()).toEqual([]));
  });

  // Not skipped elsewhere: a skipped test is one that lacks a tool.
  if (FULL)
    it('is not survived without patience', { timeout: 200_000 }, async () => {
      await withPlace(async (place) => expect(await outage(place, 'patience')).not.toEqual([]));
    });
});

if (FULL)
  describe.concurrent('without its guard the row fails', () => {
    const cases = ROWS.flatMap((row) => row.guards.map((guard) => ({ fault: row.fault, guard, row })));
    it.each(cases)('$fault without "$guard"', { timeout: 300_000 }, async ({ row, guard }) => {
      await withPlace(async (place) => {
        const without = { ...row, options: { ...row.options, without: guard } };
        const faults = await play(place, without, false);
        process.stdout.write(`${row.fault} without "${guard}": ${faults.join('; ')}\n`);
        expect(faults).not.toEqual([]);
      });
    });
  });

/** Plays a row, step by step in one place. @returns what was wrong. */
async function play(place: Place, row: Row, told: boolean): Promise<readonly string[]> {
  const faults: string[] = [];
  let worker: TestWorker | undefined;
  for (const step of row.steps) {
    const job = `${row.fault.replaceAll(/\W/g, '')}-${step}`;
    const running = () => {
      if (!worker?.running) worker = place.start(row.options);
      return worker;
    };
    place.proxy.restart();
    const reached = await hit(place, row, { step, job, running, times: told ? TIMES.once : TIMES.long });
    if (row.anew) {
      const code = await worker?.ended();
      if (row.exits !== undefined && code !== row.exits) faults.push(`${step}: the worker ended with ${code}`);
      running();
    }
    const settled = await place.settled(told ? 40 : 25);
    const own = await verdict(place, row, step, job);
    if (!reached) own.push('the step was not reached');
    if (!settled) own.push('a job did not end, or a message was left');
    if (told) CELLS.set(`${row.fault} ${step}`, own.length > 0 ? 'WRONG' : 'ok');
    faults.push(...own.map((fault) => `${step}: ${fault}`));
    if (faults.length > 0) break;
  }
  const code = await worker?.stop();
  // One that was started last may not even have come to the place where it hears signals.
  if (code !== 0 && !row.anew) faults.push(`the worker ended with ${code}`);
  const balance = await place.balance();
  if (!isClean(balance)) faults.push(JSON.stringify(balance));
  if (told) BALANCES.set(row.fault, balance);
  return faults;
}

const BALANCES = new Map<string, Balance>();

interface Hit {
  readonly times: number;
  readonly step: Step;
  readonly job: string;
  readonly running: () => TestWorker;
}

async function hit(place: Place, row: Row, { step, job, running, times }: Hit): Promise<boolean> {
  const { act } = row;
  if (act) return atStep(place, job, step, running, (worker) => act(worker, step));
  const rule = row.rule?.(step, times) ?? (() => undefined);
  let hits = 0;
  place.proxy.rules.push((call) => {
    const error = rule(call);
    if (error) hits += 1;
    return error && { do: 'refuse', error };
  });
  running();
  if (row.rule && step === 'process') {
    await place.send(job, { does: 'waits', once: true });
    await sleep(5000); // longer than the message stays invisible without a beat
    await writeFile(`${place.mark(job)}.go`, '');
    return hits > 0;
  }
  await place.send(job, row.parameters);
  if (!row.rule) return true;
  for (let waited = 0; waited < 300 && hits === 0; waited += 1) await sleep(50);
  return hits > 0;
}

/** A job that is being processed does not end within the grace; what comes after that does. */
async function terminate(worker: TestWorker, step: Step): Promise<void> {
  worker.process.kill('SIGTERM');
  if (step === 'process') await worker.ended();
  else await sleep(100);
}

async function verdict(place: Place, row: Row, step: Step, job: string): Promise<string[]> {
  const { state, attempts } = await place.record(job);
  const expected = row.attempts?.(step) ?? 0;
  return [
    ...(state === 'succeeded' ? [] : [`the job is ${state}`]),
    ...(attempts === expected ? [] : [`${attempts} attempts were counted, not ${expected}`]),
  ];
}

function isClean({ sent, finishedOnce, lost, doubled, left }: Balance): boolean {
  return finishedOnce === sent && lost === 0 && doubled === 0 && left === 0;
}

async function withPlace(work: (place: Place) => Promise<void>): Promise<void> {
  const place = await Place.open(emulator);
  try {
    await work(place);
  } finally {
    await place.close();
  }
}

function printTable(): void {
  const head = ['fault', ...STEPS, 'sent', 'once', 'lost', 'doubled', 'left'];
  const rows = ROWS.map(({ fault }) => {
    const { sent, finishedOnce, lost, doubled, left } = BALANCES.get(fault) ?? { sent: 0, finishedOnce: 0, lost: 0, doubled: 0, left: 0 };
    return [fault, ...STEPS.map((step) => CELLS.get(`${fault} ${step}`) ?? '–'), ...[sent, finishedOnce, lost, doubled, left].map(String)];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const lines = [head, ...rows].map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}
