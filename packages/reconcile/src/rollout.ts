/**
 * How a version comes to serve, in two waits that a run has: what it makes of its conformance cases on a candidate of its own (`tryOut`), and
 * whether its service then runs (`untilSteady`). Until both have ended well the version answers nobody, and the one before goes on.
 *
 * A run may be killed in either. Of `tryOut` the next run does all again: a candidate that is left is stopped, or ends by itself, and jobs that
 * are left go into quarantine like all others. `untilSteady` goes on from where the service is.
 */

import { isOpen } from '@mip/registry';
import { type CandidateOrder, candidatesOf, endOfCandidate, startCandidate, stopCandidate } from './aws/candidates.ts';
import type { Aws } from './aws/clients.ts';
import { type CaseJob, cancelOpen, endedAs, handOut, lookAgain, type Trial } from './aws/conformance-jobs.ts';
import { describeServices, steadinessOf } from './aws/services.ts';
import type { Ended } from './conformer.ts';
import { RolloutFailed, type Run } from './kinds/kind.ts';

/** Seconds that a candidate lives longer than anybody waits for it. */
const GRACE_S = 60;
const LOOK_EVERY_MS = 3000;

/** What is tried and how its candidate runs; the rest of that follows from it. */
export interface Tryout {
  readonly trial: Trial;
  readonly queueUrl: string;
  readonly candidate: Omit<CandidateOrder, 'environment' | 'token'>;
}

/** Runs all conformance cases on a candidate. @returns how many. @throws {RolloutFailed} when one of them is not passed. */
export async function tryOut(aws: Aws, { trial, queueUrl, candidate }: Tryout, run: Run): Promise<number> {
  const { cluster, line } = candidate;
  for (const left of await candidatesOf(aws.ecs, cluster, line))
    await stopCandidate(aws.ecs, cluster, left, 'left by a run that was killed');
  const cases = await orRolloutFailed(`the cases of ${trial.algorithm}`, aws.conformer.cases(trial.algorithm));
  if (cases.length === 0) throw new RolloutFailed(`none of the cases of ${trial.algorithm} can be run, so it has shown nothing`);
  const seconds = run.rollout.conformanceSeconds;
  const environment = { MIP_QUEUE_URL: queueUrl, MIP_DEAD_LETTERS: 'none', MIP_LIFETIME: String(seconds + GRACE_S) };
  let jobs = await handOut(aws, trial, cases, queueUrl);
  const token = jobs[0]?.record.job_id ?? '';
  let task: string | undefined;
  try {
    task = await startCandidate(aws.ecs, { ...candidate, environment, token });
    const until = run.clock.now() + seconds * 1000;
    while (jobs.some(isLeft)) {
      await run.clock.sleep(LOOK_EVERY_MS);
      if (run.signal?.aborted) throw new Error('the run was stopped while its candidate was tried');
      const end = await endOfCandidate(aws.ecs, cluster, task); // before the jobs: what it finished last is seen
      jobs = await lookAgain(aws, trial, jobs);
      if (jobs.some(isLeft) && end !== undefined) throw new RolloutFailed(`its candidate stopped during ${leftWords(jobs)}: ${end}`);
      if (jobs.some(isLeft) && run.clock.now() >= until)
        throw new RolloutFailed(`its candidate was not through ${leftWords(jobs)} in ${seconds} s`);
    }
  } finally {
    await cleanUp(aws, { cluster, task, trial, jobs }, run);
  }
  await judgeAll(aws, trial, jobs);
  return cases.length;
}

function isLeft({ record }: CaseJob): boolean {
  return isOpen(record.state);
}

function leftWords(jobs: readonly CaseJob[]): string {
  const left = jobs.filter(isLeft).map((job) => job.case);
  return `${left.length === 1 ? 'the case' : 'the cases'} ${left.join(', ')}`;
}

interface Left {
  readonly cluster: string;
  readonly task: string | undefined;
  readonly trial: Trial;
  readonly jobs: readonly CaseJob[];
}

/** As far as AWS lets it: what is left ends by itself, and why the version failed is worth more. */
async function cleanUp(aws: Aws, { cluster, task, trial, jobs }: Left, { now }: Run): Promise<void> {
  if (task) await stopCandidate(aws.ecs, cluster, task, 'its cases are over').catch(() => undefined);
  await cancelOpen(aws, trial, jobs, now).catch(() => undefined);
}

/** All of them, so that their author sees at once what is wrong. */
async function judgeAll(aws: Aws, trial: Trial, jobs: readonly CaseJob[]): Promise<void> {
  const ends: Ended[] = [];
  for (const job of jobs) ends.push(await endedAs(aws, trial, job));
  const verdicts = await orRolloutFailed(`the cases of ${trial.algorithm}`, aws.conformer.judge(trial.algorithm, ends));
  const wrong = jobs.flatMap((job, index) => {
    const reasons = verdicts[index] ?? ['nobody judged it'];
    return reasons.length > 0 ? [`case ${job.case}: ${reasons.join('; ')}`] : [];
  });
  if (wrong.length > 0) throw new RolloutFailed(`its candidate did not pass ${wrong.length} of ${jobs.length}: ${wrong.join('. ')}`);
}

/** A case that nobody can judge is not passed. */
async function orRolloutFailed<T>(what: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new RolloutFailed(`${what} cannot be judged: ${(error as Error).message}`);
  }
}

/** A service and the revision that it should run. */
export interface Following {
  readonly cluster: string;
  readonly name: string;
  readonly taskDefinition: string;
}

/** What came of the wait: `late` leaves it to whoever asked what happens to the service. */
export type Steady = { readonly state: 'steady' } | { readonly state: 'failed' | 'late'; readonly reason: string };

/** Waits until ECS has moved the service to the revision, or has given up, or the time is over. */
export async function untilSteady(aws: Aws, { cluster, name, taskDefinition }: Following, run: Run): Promise<Steady> {
  const begun = run.clock.now();
  const seconds = run.rollout.steadySeconds;
  for (;;) {
    const [service] = await describeServices(aws.ecs, cluster, [name]);
    const waited = run.clock.now() - begun;
    const seen = steadinessOf(service, taskDefinition, waited);
    if (seen.state !== 'moving') return seen;
    if (waited >= seconds * 1000) return { state: 'late', reason: `its service was not steady in ${seconds} s: ${seen.words}` };
    if (run.signal?.aborted) throw new Error('the run was stopped while the service moved; the next run goes on with it');
    await run.clock.sleep(LOOK_EVERY_MS);
  }
}
