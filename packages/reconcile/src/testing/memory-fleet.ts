/** The workers of an in-memory AWS: what each version does with its conformance jobs, and as a service. */

import type { JobMessage, JobRecord } from '@mip/registry';
import type { Conformer, Ended } from '../conformer.ts';
import type { Fate } from './memory-deployments.ts';
import type { MemoryTable } from './memory-dynamodb.ts';
import type { MemoryS3 } from './memory-s3.ts';
import type { MemorySqs } from './memory-sqs.ts';
import type { MemoryTask, MemoryTasks } from './memory-tasks.ts';
import type { World } from './world.ts';

/** `fails as a service` and `never steady` pass all cases before. */
export type Behaviour =
  | ('passes' | 'crashes' | 'hangs' | 'wrong pixels' | 'out of memory' | 'cannot start')
  | ('reports a fault' | 'fails as a service' | 'never steady');

/** What a fleet works on. */
interface Place {
  readonly world: World;
  readonly tasks: MemoryTasks;
  readonly sqs: MemorySqs;
  readonly s3: MemoryS3;
  readonly jobs: MemoryTable;
  readonly images: string;
  readonly results: string;
}

/** How long a task takes to start, and then to do what it does. */
const START_MS = 3000;
const RIGHT = 'right';
const EXITED = 'Essential container in task exited';

export class MemoryFleet {
  /** By `algorithm@version`; all others pass. */
  readonly does = new Map<string, Behaviour>();
  /** Keys of the jobs that were run, each time anew, by `algorithm@version`. */
  readonly ran: { readonly by: string; readonly message: JobMessage }[] = [];
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
    place.tasks.play = (running) => {
      for (const task of running) this.#work(task);
    };
  }

  /** Of a revision that a service is told to run. */
  fateOf(environment: Readonly<Record<string, string>>): Fate {
    const fates: Partial<Record<Behaviour, Fate>> = { 'fails as a service': 'fails', 'never steady': 'hangs' };
    return fates[this.#behaviourOf(environment)] ?? 'comes up';
  }

  #behaviourOf({ MIP_ALGORITHM, MIP_VERSION }: Readonly<Record<string, string>>): Behaviour {
    return this.does.get(`${MIP_ALGORITHM}@${MIP_VERSION}`) ?? 'passes';
  }

  #work(task: MemoryTask): void {
    const { tasks, world, sqs } = this.#place;
    const age = world.now - task.since;
    const does = this.#behaviourOf(task.environment);
    if (age < START_MS) return;
    const ends: Partial<Record<Behaviour, Parameters<MemoryTasks['stop']>[1]>> = {
      crashes: { stoppedReason: EXITED, exitCode: 1 },
      'out of memory': {
        stoppedReason: EXITED,
        exitCode: 137,
        reason: 'OutOfMemoryError: Container killed due to memory usage',
      },
      'cannot start': { stoppedReason: 'CannotPullContainerError: image not found' },
    };
    const end = ends[does];
    if (end) tasks.stop(task, end);
    else if (age > Number(task.environment.MIP_LIFETIME) * 1000) tasks.stop(task, { stoppedReason: EXITED, exitCode: 0 });
    else if (does !== 'hangs') for (const body of sqs.drain(queueOf(task))) this.#run(JSON.parse(body), task, does);
  }

  /** A job that somebody cancelled meanwhile, or that is over, is left alone. */
  #run(message: JobMessage, { environment }: MemoryTask, does: Behaviour): void {
    const { jobs, world } = this.#place;
    const record = jobs.get({ ...message }) as JobRecord | undefined;
    if (!record?.open_state) return;
    this.ran.push({ by: `${environment.MIP_ALGORITHM}@${environment.MIP_VERSION}`, message });
    const { open_state: _, ...rest } = record;
    const at = new Date(world.now).toISOString();
    const over = { ...rest, started_at: record.accepted_at, finished_at: at, updated_at: at, image_digest: environment.MIP_IMAGE_DIGEST };
    jobs.put({ ...over, ...this.#outcome(message, does) });
  }

  #outcome({ images: sent, algorithm, job_key }: JobMessage, does: Behaviour): object {
    const { s3, images, results } = this.#place;
    const failed = (code: string, words: string) => ({ state: 'failed', error: { code, message: words } });
    if (sent?.some((sha256) => !s3.objects.has(`${images}/conformance/${sha256}.dcm`)))
      return failed('image-gone', 'an image of the case is not in the store');
    if (does === 'reports a fault') return failed('internal', 'the algorithm raised KeyError');
    const key = `quarantine/${algorithm}/${job_key}/result-0001.dcm`;
    s3.objects.set(`${results}/${key}`, does === 'wrong pixels' ? 'off by one' : RIGHT);
    return { state: 'succeeded', outcome: 'done', results: [{ name: 'result-0001.dcm', key }] };
  }
}

function queueOf({ environment }: MemoryTask): string {
  return (environment.MIP_QUEUE_URL ?? '').split('/').at(-1) ?? '';
}

/** Judges what the fleet makes: each case is one tiny image. */
export const memoryConformer = (casesOf: (algorithm: string) => readonly string[]): Conformer => ({
  async cases(algorithm) {
    const uids = { study_uid: '1.2', series_uid: '1.2.3', instance_uid: '1.2.3.4' };
    return casesOf(algorithm).map((name) => ({ name, parameters: {}, images: [Buffer.from(`${algorithm} ${name}`)], uids }));
  },
  async judge(_algorithm, ends) {
    return ends.map(verdictOn);
  },
});

function verdictOn({ error, files }: Ended): readonly string[] {
  if (error) return [`the job failed with ${error.code}: ${error.message}`];
  return files.every(({ bytes }) => Buffer.from(bytes).toString() === RIGHT) ? [] : ['4096 of 4096 samples differ, by 1 at most'];
}
