/** Task definitions by family: the newest active revision, which is what a service is given. */

import { ClientException, type ContainerDefinition, DescribeTaskDefinitionCommand, type ECSClient, type TaskDefinition } from '@aws-sdk/client-ecs';
import { TAGS } from '@mip/registry/names';
import { tagRecord } from './tags.ts';

export interface Revision {
  readonly arn: string;
  readonly definition: TaskDefinition;
  /** The only container. */
  readonly container: ContainerDefinition;
  readonly environment: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** @param reference a family or an ARN. Undefined where there is none, or none active. */
export async function findRevision(ecs: Pick<ECSClient, 'send'>, reference: string): Promise<Revision | undefined> {
  try {
    const { taskDefinition, tags } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: reference, include: ['TAGS'] }),
    );
    const container = taskDefinition?.containerDefinitions?.[0];
    if (!taskDefinition?.taskDefinitionArn || !container || taskDefinition.status !== 'ACTIVE') return undefined;
    const environment = Object.fromEntries((container.environment ?? []).map(({ name = '', value = '' }) => [name, value]));
    return { arn: taskDefinition.taskDefinitionArn, definition: taskDefinition, container, environment, tags: tagRecord(tags) };
  } catch (error) {
    if (error instanceof ClientException && /unable to describe/i.test(error.message)) return undefined;
    throw error;
  }
}

/** @throws Error when the family has no revision that this catalog owns. */
export async function ownedRevision(ecs: Pick<ECSClient, 'send'>, family: string, catalogId: string): Promise<Revision> {
  const revision = await findRevision(ecs, family);
  if (revision?.tags[TAGS.managedBy] !== catalogId) throw new Error(`task definition ${family} has no revision of this catalog`);
  return revision;
}
