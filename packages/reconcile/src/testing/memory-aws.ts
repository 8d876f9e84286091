/**
 * An AWS in memory that rejects what AWS rejects. The clients are the SDK's own with another `send`, so that kinds run their real code.
 */

import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { IAMClient } from '@aws-sdk/client-iam';
import { type GetResourcesCommandInput, ResourceGroupsTaggingAPIClient, type TagFilter } from '@aws-sdk/client-resource-groups-tagging-api';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { physicalNames } from '@mip/registry/names';
import type { Aws } from '../aws/clients.ts';
import type { ImagePublisher } from '../aws/images.ts';
import { upperTags } from '../aws/tags.ts';
import { MemoryDynamoDb, MemoryTable } from './memory-dynamodb.ts';
import { MemoryEcr } from './memory-ecr.ts';
import { MemoryEcs } from './memory-ecs.ts';
import { MemoryFleet, memoryConformer } from './memory-fleet.ts';
import { MemoryIam } from './memory-iam.ts';
import { MemoryS3 } from './memory-s3.ts';
import { MemoryScaling } from './memory-scaling.ts';
import { MemorySqs } from './memory-sqs.ts';
import { answerBy, pageOf, World } from './world.ts';

type Tagged = { readonly arn: string; readonly tags: Readonly<Record<string, string>> };

export class MemoryAws implements Aws {
  readonly world = new World();
  readonly names = physicalNames({ prefix: 'mip', account: this.world.account, region: this.world.region, platform: 'test' });
  readonly images: ImagePublisher = { publish: async (order) => this.publish(order.repositoryUri, order.tag, order.treeHash) };
  /** The cases of each algorithm; one unless a test says otherwise. */
  casesOf: (algorithm: string) => readonly string[] = () => ['abdomen'];
  readonly conformer = memoryConformer((algorithm) => this.casesOf(algorithm));
  readonly #ecs = new MemoryEcs(this.world);
  readonly memory = {
    ecr: new MemoryEcr(this.world),
    ecs: this.#ecs,
    scaling: new MemoryScaling(this.world, this.#ecs),
    iam: new MemoryIam(this.world, [this.names.policyArn(this.names.taskBoundary)]),
    sqs: new MemorySqs(this.world),
    s3: new MemoryS3(),
    registry: new MemoryTable(this.names.table('algorithms'), 'algorithm_name'),
    leases: new MemoryTable(this.names.table('leases'), 'lease'),
    jobs: new MemoryTable(this.names.table('jobs'), 'client_id', 'job_id'),
  };
  readonly fleet = new MemoryFleet({
    ...{ world: this.world, tasks: this.memory.ecs.tasks, sqs: this.memory.sqs, s3: this.memory.s3, jobs: this.memory.jobs },
    ...{ images: this.names.bucket('images'), results: this.names.bucket('results') },
  });
  readonly ecr = answerBy(new ECRClient(REGION), { world: this.world, service: 'ecr', operations: this.memory.ecr.operations });
  readonly ecs = answerBy(new ECSClient(REGION), { world: this.world, service: 'ecs', operations: this.memory.ecs.operations });
  readonly scaling = answerBy(new ApplicationAutoScalingClient(REGION), {
    world: this.world,
    service: 'application-autoscaling',
    operations: this.memory.scaling.operations,
  });
  readonly iam = answerBy(new IAMClient(REGION), { world: this.world, service: 'iam', operations: this.memory.iam.operations });
  readonly sqs = answerBy(new SQSClient(REGION), { world: this.world, service: 'sqs', operations: this.memory.sqs.operations });
  readonly s3 = answerBy(new S3Client(REGION), { world: this.world, service: 's3', operations: this.memory.s3.operations });
  readonly ssm = answerBy(new SSMClient(REGION), { world: this.world, service: 'ssm', operations: {} });
  readonly tagging = answerBy(new ResourceGroupsTaggingAPIClient(REGION), {
    world: this.world,
    service: 'tag',
    operations: { GetResources: (input: GetResourcesCommandInput) => this.#getResources(input) },
  });
  readonly dynamodb = answerBy(DynamoDBDocumentClient.from(new DynamoDBClient(REGION)), {
    world: this.world,
    service: 'dynamodb',
    operations: new MemoryDynamoDb([this.memory.registry, this.memory.leases, this.memory.jobs]).operations,
    rename: (name) => (name === 'Scan' ? name : `${name}Item`),
  });
  #frozen: readonly Tagged[] | undefined;
  /** What was found when a list began, by its number: its pages are cut from it, as AWS's are. */
  readonly #listings = new Map<string, readonly Tagged[]>();
  #lookups = Number.POSITIVE_INFINITY;

  constructor() {
    this.memory.ecs.fateOf = (environment) => this.fleet.fateOf(environment);
  }

  get calls() {
    return this.world.calls;
  }

  /** From now on the tag index does not see what happens, as AWS's own does not for a while: for that many times that it is asked. */
  freezeIndex(lookups = Number.POSITIVE_INFINITY): void {
    this.#frozen = structuredClone(this.#index());
    this.#lookups = lookups;
  }

  thawIndex(): void {
    this.#frozen = undefined;
  }

  publish(repositoryUri: string, tag: string, treeHash: string): string {
    return this.memory.ecr.push(repositoryUri.slice(repositoryUri.indexOf('/') + 1), tag, treeHash);
  }

  #index(): readonly Tagged[] {
    const { ecr, ecs, sqs } = this.memory;
    return [
      ...[...ecr.repositories.values()].map(({ repositoryArn: arn, tags }) => ({ arn, tags })),
      ...[...sqs.queues.values()].map(({ arn, tags }) => ({ arn, tags })),
      ...ecs.revisions.map(({ taskDefinitionArn: arn, tags }) => ({ arn, tags })),
      ...[...ecs.services.values()].map(({ serviceArn: arn, tags }) => ({ arn, tags })),
    ];
  }

  #getResources({ TagFilters = [], ResourceTypeFilters = [], ResourcesPerPage = 50, PaginationToken }: GetResourcesCommandInput) {
    if (this.#lookups-- <= 0) this.thawIndex();
    const [listing = '', offset] = PaginationToken ? PaginationToken.split('.') : [String(this.#listings.size)];
    const matching = this.#listings.get(listing) ?? this.#matching(TagFilters, ResourceTypeFilters);
    this.#listings.set(listing, matching);
    const { page, next } = pageOf(matching, ResourcesPerPage, offset);
    const ResourceTagMappingList = page.map(({ arn, tags }) => ({ ResourceARN: arn, Tags: upperTags(tags) }));
    return { ResourceTagMappingList, PaginationToken: next ? `${listing}.${next}` : '' };
  }

  #matching(filters: readonly TagFilter[], types: readonly string[]): readonly Tagged[] {
    return (this.#frozen ?? this.#index()).filter(({ arn, tags }) => {
      const type = typeOf(arn);
      return (
        filters.every(({ Key = '', Values = [] }) => Values.includes(tags[Key] ?? '')) &&
        types.some((wanted) => type === wanted || type.startsWith(`${wanted}:`))
      );
    });
  }
}

const REGION = { region: 'eu-central-1', credentials: { accessKeyId: 'memory', secretAccessKey: 'memory' } };

/** `ecs:service` of a service's ARN, `sqs:` of a queue's, which has no type. */
function typeOf(arn: string): string {
  const [, , service, , , resource = ''] = arn.split(':');
  return `${service}:${resource.includes('/') ? resource.split('/')[0] : ''}`;
}
