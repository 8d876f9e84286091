/**
 * The process that the plan cases time: load, validate, desire, observe, plan, and nothing to change. `plan.ts REPOSITORY STATE` prints
 * how many algorithms, changes and AWS calls, and how long it took to fill the in-memory AWS, which is no part of MIP;
 * `plan.ts prepare REPOSITORY STATE` first writes what that AWS holds when all is applied.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { ListTaskDefinitionFamiliesCommandInput } from '@aws-sdk/client-ecs';
import { type GetResourcesCommandInput, ResourceGroupsTaggingAPIClient, type TagFilter } from '@aws-sdk/client-resource-groups-tagging-api';
import { loadCatalog } from '@mip/catalog/load';
import { upperTags } from '@mip/reconcile/aws/tags';
import { plan } from '@mip/reconcile/reconcile';
import { input, run } from '@mip/reconcile/testing/fixtures';
import { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import { answerBy, pageOf } from '@mip/reconcile/testing/world';

/** The maps and lists of each service. */
type State = Readonly<Record<string, Readonly<Record<string, Map<unknown, unknown> | unknown[]>>>>;

/** An AWS for so many algorithms: their resources share nothing, and the in-memory AWS takes the square of their number to fill. */
const AT_ONCE = 500;

function heldBy({ memory }: MemoryAws): State {
  const collections = (service: object) => Object.entries(service).filter(([, held]) => held instanceof Map || Array.isArray(held));
  return Object.fromEntries(Object.entries(memory).map(([name, service]) => [name, Object.fromEntries(collections(service))]));
}

function add(aws: MemoryAws, state: State): void {
  const into = heldBy(aws);
  for (const [service, collections] of Object.entries(state)) {
    for (const [name, held] of Object.entries(collections)) {
      const target = into[service]?.[name];
      if (held instanceof Map && target instanceof Map) for (const [key, value] of held) target.set(key, value);
      else if (Array.isArray(held) && Array.isArray(target)) for (const one of held) target.push(one);
      else throw new Error(`the in-memory AWS holds no ${service}.${name}`);
    }
  }
}

async function prepare(repository: string, file: string): Promise<void> {
  const { algorithms } = await loadCatalog(repository);
  const all = new MemoryAws();
  for (let from = 0; from < algorithms.length; from += AT_ONCE) {
    const aws = new MemoryAws();
    const { ok } = await run(aws, input(algorithms.slice(from, from + AT_ONCE)));
    if (!ok) throw new Error('the catalog could not be applied');
    add(all, heldBy(aws));
  }
  writeFileSync(file, serialize(heldBy(all)));
}

/**
 * Lets the tag index and the list of families answer each query from one list, as AWS's do: the in-memory ones look at everything they
 * hold for every page, which takes the square of the catalog. Nothing changes while a plan is made, so the answers are the same.
 */
function indexLists(aws: MemoryAws): void {
  const { ecr, ecs, sqs } = aws.memory;
  const byType: Readonly<Record<string, readonly Tagged[]>> = {
    'ecr:repository': Array.from(ecr.repositories.values(), ({ repositoryArn: arn, tags }) => ({ arn, tags })),
    sqs: Array.from(sqs.queues.values(), ({ arn, tags }) => ({ arn, tags })),
    'ecs:task-definition': ecs.revisions.map(({ taskDefinitionArn: arn, tags }) => ({ arn, tags })),
    'ecs:service': Array.from(ecs.services.values(), ({ serviceArn: arn, tags }) => ({ arn, tags })),
  };
  const lists = new Map<string, readonly Tagged[]>();
  const GetResources = ({ TagFilters = [], ResourceTypeFilters = [], ResourcesPerPage, PaginationToken }: GetResourcesCommandInput) => {
    const key = JSON.stringify([TagFilters, ResourceTypeFilters]);
    const known = lists.get(key) ?? ResourceTypeFilters.flatMap((type) => byType[type] ?? unknownType(type)).filter(has(TagFilters));
    lists.set(key, known);
    const { page, next } = pageOf(known, ResourcesPerPage ?? 50, PaginationToken || undefined);
    const ResourceTagMappingList = page.map(({ arn, tags }) => ({ ResourceARN: arn, Tags: upperTags(tags) }));
    return { ResourceTagMappingList, PaginationToken: next ?? '' };
  };
  const families = [...new Set(ecs.revisions.filter(({ status }) => status === 'ACTIVE').map(({ family }) => family))];
  const ListTaskDefinitionFamilies = ({ familyPrefix = '', maxResults = 100, nextToken }: ListTaskDefinitionFamiliesCommandInput) => {
    const { page, next } = pageOf(families, maxResults, nextToken);
    if (!families.every((family) => family.startsWith(familyPrefix))) throw new Error(`not all families start with ${familyPrefix}`);
    return { families: page, nextToken: next };
  };
  Object.assign(ecs.operations, { ListTaskDefinitionFamilies });
  const client = new ResourceGroupsTaggingAPIClient({ region: aws.world.region });
  Object.assign(aws, { tagging: answerBy(client, { world: aws.world, service: 'tag', operations: { GetResources } }) });
}

interface Tagged {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

function has(filters: readonly TagFilter[]): (one: Tagged) => boolean {
  return ({ tags }) => filters.every(({ Key = '', Values = [] }) => Values.includes(tags[Key] ?? ''));
}

function unknownType(type: string): never {
  throw new Error(`no list of ${type} is kept here`);
}

async function planOnce(repository: string, file: string): Promise<void> {
  const start = performance.now();
  const aws = new MemoryAws();
  add(aws, deserialize(readFileSync(file)));
  indexLists(aws);
  const filling = performance.now() - start;
  const { algorithms } = await loadCatalog(repository);
  const { plan: made } = await plan(aws, input(algorithms));
  const found = { algorithms: algorithms.length, changes: made.changes.length, calls: aws.calls.total, filling };
  process.stdout.write(`${JSON.stringify(found)}\n`);
}

const [first = '', second = '', third = ''] = process.argv.slice(2);
await (first === 'prepare' ? prepare(second, third) : planOnce(first, second));
