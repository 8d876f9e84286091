import { LIMITS } from '@mip/registry/limits';
import { type PhysicalNames, physicalNames } from '@mip/registry/names';
import type { Platform } from '../entry.ts';
import type { Complaint, Rule } from './rule.ts';

interface Limit {
  readonly min?: number;
  readonly max: number;
  readonly pattern: RegExp;
}
interface PhysicalName {
  readonly kind: string;
  readonly name: string;
  readonly limit: Limit;
}

/** Every physical name keeps AWS's limits on every platform and in every region. */
export const physicalNamesFit: Rule = {
  name: 'physical-names',
  severity: 'error',
  reads: ['name'],
  readsPlatform: ['name', 'prefix', 'account', 'regions'],
  *check({ algorithms, platforms }) {
    for (const platform of platforms) {
      const own = [...misfits(platformNames(platform))];
      yield* own.map((message): Complaint => ({ of: platform, pointer: '/prefix', message: `${message}; choose another prefix` }));
      if (own.length) continue;
      const names = scopes(platform);
      for (const of of algorithms) {
        for (const message of misfits(algorithmNames(names, of.name))) {
          yield { of, pointer: '/name', message: `${message} on platform ${platform.name}; choose a shorter name` };
        }
      }
    }
  },
};

function* misfits(names: readonly PhysicalName[]): Iterable<string> {
  const seen = new Set<string>();
  for (const { kind, name, limit } of names) {
    if (seen.has(kind + name)) continue;
    seen.add(kind + name);
    if (name.length > limit.max) yield `the ${kind} ${name} has ${name.length} characters, AWS allows ${limit.max}`;
    else if (name.length < (limit.min ?? 1) || !limit.pattern.test(name)) yield `AWS does not accept ${name} as the name of a ${kind}`;
  }
}

/** What a platform has whatever its catalog holds, and the names of the shortest algorithm, which show a prefix that never fits. */
function platformNames(platform: Platform): PhysicalName[] {
  const { table, bucket, cluster, executionRole, imageStore, imageStoreRole } = scopes(platform);
  return [
    ...(['algorithms', 'jobs', 'clients', 'leases', 'images'] as const).map((one) => ({
      kind: 'table',
      name: table(one),
      limit: LIMITS.dynamodb.tableName,
    })),
    ...platform.regions.flatMap((region) => {
      const names = inRegion(platform, region);
      return (['images', 'results', 'reconciles'] as const).map((one) => ({
        kind: 'bucket',
        name: names.bucket(one),
        limit: LIMITS.s3.bucketName,
      }));
    }),
    { kind: 'cluster', name: cluster, limit: LIMITS.ecs.serviceName },
    { kind: 'role', name: executionRole, limit: LIMITS.iam.roleName },
    { kind: 'role', name: imageStoreRole, limit: LIMITS.iam.roleName },
    { kind: 'load balancer', name: imageStore, limit: LIMITS.elb.name },
    { kind: 'bucket', name: bucket('images'), limit: LIMITS.s3.bucketName },
    ...algorithmNames(scopes(platform), 'aa'),
  ];
}

function algorithmNames(names: PhysicalNames, algorithm: string): PhysicalName[] {
  return [
    { kind: 'queue', name: names.requestQueue(algorithm), limit: LIMITS.sqs.queueName },
    { kind: 'queue', name: names.deadLetterQueue(algorithm), limit: LIMITS.sqs.queueName },
    { kind: 'repository', name: names.repository(algorithm), limit: LIMITS.ecr.repositoryName },
    { kind: 'service', name: names.service(algorithm), limit: LIMITS.ecs.serviceName },
    { kind: 'role', name: names.taskRole(algorithm), limit: LIMITS.iam.roleName },
    { kind: 'task definition', name: names.taskDefinition(algorithm), limit: LIMITS.ecs.familyName },
  ];
}

/** The names that do not depend on the region. */
function scopes(platform: Platform) {
  return inRegion(platform, platform.regions[0]);
}

function inRegion({ prefix, account, name }: Platform, region: string) {
  return physicalNames({ prefix, account, region, platform: name });
}
