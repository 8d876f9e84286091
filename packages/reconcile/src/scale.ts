/** A number of tasks that somebody sets for a while: written into the algorithm's row, which plan and apply keep to, and set at once. */

import { Registry } from '@mip/registry';
import { TAGS } from '@mip/registry/names';
import { type Algorithm, type ScaleOverride, tasksOf } from './algorithm.ts';
import { describeServices, setTasks } from './aws/services.ts';
import { tagRecord } from './aws/tags.ts';
import type { TaskAws } from './aws/task-clients.ts';
import type { Owner } from './platform.ts';
import { type Holding, leaseFor, underLease } from './under-lease.ts';

/** Undefined goes back to what the catalog says. */
export interface Scaling {
  readonly algorithm: Pick<Algorithm, 'name' | 'status' | 'scaling'>;
  readonly override: ScaleOverride | undefined;
}

/** How many tasks ran, and run from now on. */
export interface Scaled {
  readonly from: number;
  readonly to: number;
}

/**
 * As the only run that writes; safe to repeat. The row goes first: what stops after it is finished by the next apply.
 * @throws NotOwned when the registry has no such row of this catalog; an Error where ECS has no such service of it.
 */
export async function scale(aws: TaskAws, owner: Owner, { algorithm, override }: Scaling, holding: Holding): Promise<Scaled> {
  const { names, catalogId } = owner;
  const name = names.service(algorithm.name);
  const to = tasksOf({ ...algorithm, override });
  return underLease(aws, await leaseFor(aws, owner, holding), async () => {
    await new Registry(aws.dynamodb, names.table('algorithms')).scale(algorithm.name, catalogId, override ?? null);
    const [service] = await describeServices(aws.ecs, names.cluster, [name]);
    if (tagRecord(service?.tags)[TAGS.managedBy] !== catalogId || !service)
      throw new Error(`there is no service ${name} of this catalog yet; the number holds once an apply has made it`);
    const from = service.desiredCount ?? 0;
    if (from !== to) await setTasks(aws.ecs, names.cluster, service, to);
    return { from, to };
  });
}
