/** The region beneath the workflows, as somebody with a console sees and changes it, past MIP. */
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Place } from '../actions/place.ts';

/** How many tasks of an algorithm ECS was asked for. */
export async function tasks({ names, connection }: Place, algorithm: string): Promise<number | undefined> {
  const describe = new DescribeServicesCommand({ cluster: names.cluster, services: [names.service(algorithm)] });
  return (await new ECSClient(connection).send(describe)).services?.[0]?.desiredCount;
}

/** Of an algorithm's queue of requests. */
export async function setVisibility({ names, connection }: Place, algorithm: string, seconds: number): Promise<void> {
  const sqs = new SQSClient(connection);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: names.requestQueue(algorithm) }));
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: String(seconds) } }));
}
