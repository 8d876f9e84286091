/** A number of tasks that somebody sets for a while: written into the algorithm's row, which plan and apply keep to, and set at once. */

import { DeleteScheduledActionCommand } from '@aws-sdk/client-application-auto-scaling';
import type { Service } from '@aws-sdk/client-ecs';
import { Registry } from '@mip/registry';
import { type PhysicalNames, TAGS } from '@mip/registry/names';
import { type Algorithm, lineOf, rangeOf, type ScaleOverride } from './algorithm.ts';
import { type Bounds, endOf, named, putTurn, scalingHash, setBounds, type Turn, unlessGone } from './aws/scaling.ts';
import { describeServices, setTasks, tagService } from './aws/services.ts';
import { tagRecord } from './aws/tags.ts';
import type { TaskAws } from './aws/task-clients.ts';
import type { Owner } from './platform.ts';
import { type Holding, leaseFor, underLease } from './under-lease.ts';

/** Undefined goes back to what the catalog says. */
export interface Scaling {
  readonly algorithm: Pick<Algorithm, 'name' | 'version' | 'line' | 'status' | 'scaling'>;
  readonly override: ScaleOverride | undefined;
}

/** How many tasks ran, and run from now on. */
export interface Scaled {
  readonly from: number;
  readonly to: number;
}

/**
 * As the only run that writes; safe to repeat. The row goes first: what stops after it is finished by the next apply.
 * @throws NotOwned when the registry has no such row of this catalog; an Error where ECS has no such service of it, or nothing scales it yet.
 */
export async function scale(aws: TaskAws, owner: Owner, { algorithm, override }: Scaling, holding: Holding): Promise<Scaled> {
  const { names, catalogId } = owner;
  const line = lineOf(algorithm);
  const name = names.service(line);
  const range = rangeOf(algorithm);
  return underLease(aws, await leaseFor(aws, owner, holding), async () => {
    await new Registry(aws.dynamodb, names.table('algorithms')).scale(algorithm.name, catalogId, override ?? null);
    const [service] = await describeServices(aws.ecs, names.cluster, [name]);
    const tags = tagRecord(service?.tags);
    const hash = tags[TAGS.scalingHash];
    if (tags[TAGS.managedBy] !== catalogId || !service || hash === undefined)
      throw new Error(`there is no service ${name} of this catalog yet; the number holds once an apply has made it`);
    const from = service.desiredCount ?? 0;
    const to = override?.count ?? Math.min(Math.max(from, range.min), range.max);
    const end = override && endOf(override, range);
    const wanted = scalingHash(hash, end && override);
    if (end && hash === wanted && from === to) return { from, to };
    await rebound(aws, names, { line, bounds: override ? { min: override.count, max: override.count } : range, end });
    if (from !== to) await setTasks(aws.ecs, names.cluster, name, to);
    await tagService(aws.ecs, service as Service, { [TAGS.scalingHash]: wanted }); // last: it says that all of it is set
    return { from, to };
  });
}

interface Rebound {
  readonly line: string;
  readonly bounds: Bounds;
  readonly end: Turn | undefined;
}

/** The end goes before what it ends, so that no override is left without one. */
async function rebound({ scaling }: TaskAws, names: PhysicalNames, { line, bounds, end }: Rebound): Promise<void> {
  const resource = names.scalableTarget(line);
  const ScheduledActionName = names.overrideEnd(line);
  if (end) await putTurn(scaling, resource, ScheduledActionName, end);
  await setBounds(scaling, resource, bounds);
  if (!end) await unlessGone(scaling.send(new DeleteScheduledActionCommand({ ...named(resource), ScheduledActionName })));
}
