/** What an apply costs in calls, and what it takes on a clock that is simulated: exact figures, whatever machine this is. */
import { type Algorithm, apply, plan } from '@mip/reconcile';
import { Calls, type RateOf } from '@mip/reconcile/aws/calls';
import { algorithm } from '@mip/reconcile/testing/fixtures';
import { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import { SimulatedClock } from '@mip/reconcile/testing/simulated-clock';
import { bucketOf } from '@mip/registry/limits';
import { bound, type Row } from './row.ts';
import { ROLES, wanted } from './wanted.ts';

/** The calls that an apply may make beyond those of the plan over what is there already. */
const MOST_MORE_CALLS = 48;
const MANY = 200;
const LATENCY_MS = 30;

export async function applyRows(log: (line: string) => void): Promise<readonly Row[]> {
  const unlimited: RateOf = () => undefined;
  const paced = await simulated(MANY, bucketOf, 0);
  const least = leastSeconds(paced.calls);
  log(`apply ${MANY} new: ${paced.calls.total} calls, ${byService(paced.calls)}; the slowest: ${least.slowest}`);
  const swift = await simulated(MANY, unlimited, LATENCY_MS);
  return [
    await oneMore(1000, log),
    {
      case: `apply ${MANY} new algorithms within AWS's documented rates, simulated clock`,
      unit: 's',
      mip: paced.seconds,
      peer: least.seconds,
      peer_name: 'the least that the rates allow',
      ratio: least.seconds / paced.seconds,
      goal: 1 / 1.1,
      holds: least.seconds / paced.seconds >= 1 / 1.1,
    },
    {
      case: `apply ${MANY} new algorithms, ${LATENCY_MS} ms a call, no rates, simulated clock`,
      unit: 's',
      mip: swift.seconds,
      peer: (swift.calls.total * LATENCY_MS) / 1000,
      peer_name: 'one call after another',
      ratio: (swift.calls.total * LATENCY_MS) / 1000 / swift.seconds,
      goal: 8,
      holds: (swift.calls.total * LATENCY_MS) / 1000 / swift.seconds >= 8,
    },
  ];
}

async function oneMore(count: number, log: (line: string) => void): Promise<Row> {
  const before = algorithms(count);
  const aws = new MemoryAws();
  aws.memory.iam.quota = ROLES;
  const options = { commit: 'bench', now: () => new Date(aws.world.now) };
  await apply(aws, await plan(aws, wanted(before, count + 1)), options);
  aws.world.restart();
  await plan(aws, wanted(before, count + 1));
  const planned = aws.calls.total;
  aws.world.restart();
  const report = await apply(aws, await plan(aws, wanted([...before, algorithm('one-more')], count + 1)), options);
  if (!report.ok || report.plan.changes.length !== RESOURCES) throw new Error('the new algorithm was not applied');
  log(`apply 1 new into ${count}: ${byService(aws.calls)}`);
  return bound(`apply 1 new algorithm into ${count}, beyond a plan`, 'AWS calls', aws.calls.total - planned, MOST_MORE_CALLS);
}

/** Each with all its resources: repository, two queues, role, task definition, service, what scales it, row. */
const RESOURCES = 8;

function algorithms(count: number): readonly Algorithm[] {
  return Array.from({ length: count }, (_, index) => algorithm(`seg-${index}`));
}

/** Plans and applies on an empty account; only the apply is on the clock. */
async function simulated(count: number, rateOf: RateOf, latency: number): Promise<{ seconds: number; calls: Calls }> {
  const aws = new MemoryAws();
  const clock = new SimulatedClock(aws.world.now);
  const calls = new Calls(rateOf, clock);
  const prepared = await plan(aws, wanted(algorithms(count), count));
  aws.world.calls = calls;
  aws.world.pace = { clock, latency };
  const start = clock.now();
  const report = await clock.run(() => apply(aws, prepared, { commit: 'bench', now: () => new Date(clock.now()), clock }));
  if (!report.ok || aws.memory.registry.items.size !== count) throw new Error('not everything was applied');
  return { seconds: (clock.now() - start) / 1000, calls };
}

/** The bucket that takes longest decides, however well the calls are spread. */
function leastSeconds({ counts }: Calls): { seconds: number; slowest: string } {
  const byBucket = Map.groupBy(counts, ({ service, operation }) => bucketOf(`${service}:${operation}`)?.name ?? '');
  const times = [...byBucket].flatMap(([name, own]) => {
    const rate = bucketOf(`${own[0]?.service}:${own[0]?.operation}`);
    const calls = own.reduce((sum, { count }) => sum + count, 0);
    return rate ? [{ seconds: Math.max(0, calls - rate.burst) / rate.perSecond, slowest: `${name}, ${calls} calls` }] : [];
  });
  return times.toSorted((a, b) => b.seconds - a.seconds)[0] ?? { seconds: 0, slowest: 'none' };
}

function byService({ counts }: Pick<Calls, 'counts'>): string {
  const services = Map.groupBy(counts, ({ service }) => service);
  return [...services]
    .map(([service, own]) => `${service} ${own.reduce((sum, { count, retries }) => sum + count + retries, 0)}`)
    .join(', ');
}
