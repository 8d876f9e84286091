/** A small platform and small algorithms for tests, and one run of reconcile against the in-memory AWS. */

import type { EntryContract } from '@mip/registry';
import { contractOf } from '@mip/registry/contract';
import type { Algorithm } from '../algorithm.ts';
import type { Clock } from '../aws/clock.ts';
import { type Facts, type Platform, platformIn } from '../platform.ts';
import { apply, type Input, plan } from '../reconcile.ts';
import type { Report, RunOptions } from '../run.ts';
import type { MemoryAws } from './memory-aws.ts';

export const FACTS: Facts = {
  vpc_id: 'vpc-1',
  subnets: ['subnet-b', 'subnet-a'],
  security_group: 'sg-1',
  assign_public_ip: true,
  cluster: 'mip-cluster',
  execution_role_arn: 'arn:aws:iam::000000000000:role/mip/test/mip-eu-central-1-execution',
  images_key_secret_arn: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:mip/images/key-AbCdEf',
  workers_key_secret_arn: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:mip/images/workers-key-GhIjKl',
  pacs_secret_arns: {},
  image_store_url: 'http://internal-mip-dicomweb-1.eu-central-1.elb.amazonaws.com/dicomweb',
  log_group: '/ecs/mip-algorithms',
  api_id: 'api1',
  api_url: 'https://api1.execute-api.eu-central-1.amazonaws.com',
};

export function platform(tagPolicy: 'immutable' | 'mutable' = 'immutable', catalogId = 'mip'): Platform {
  const file = {
    name: 'test',
    catalog_id: catalogId,
    prefix: 'mip',
    account: '000000000000',
    images: { version_tags: tagPolicy },
    quotas: { fargate_vcpus: 10_000 },
  };
  return platformIn('eu-central-1', file, FACTS);
}

/** A valid entry, built from source, with what a test cares about put over it. */
export function algorithm(name: string, over: Partial<Algorithm> = {}): Algorithm {
  return {
    file: `catalog/algorithms/${name}.yaml`,
    name,
    version: '1.0.0',
    description: 'Finds soft tissue.',
    status: 'active',
    algorithm_type: 'python',
    source: `algorithms/${name}`,
    cpu: 1024,
    memory: 2048,
    gpu: 0,
    architectures: ['amd64'],
    timeout: 900,
    scaling: { min: 0, max: 8 },
    parameters: { threshold: { type: 'float', default: 81.8, minimum: -1024, maximum: 3071, unit: "[hnsf'U]" } },
    input: { scope: ['instance'], units: 'hu', modalities: ['CT'] },
    output: { kind: 'segmentation', store: ['s3'] },
    license: 'Apache-2.0',
    regulatory: { status: 'research' },
    ...over,
  };
}

/** What makes an algorithm want every kind there is: a kind that only some want adds here what they say. */
export const EVERY_KIND: Partial<Algorithm> = {
  conformance: [
    {
      name: 'abdomen',
      image: { package: 'pydicom', file: 'CT_small.dcm' },
      expected_by: 'oracle',
      expect: { outcome: 'done' },
    },
  ],
};

/** When a test's plans are made unless it says otherwise: where the in-memory AWS's clock starts. */
export const NOW = Date.UTC(2026, 0, 1);

/** An image that somebody else built. */
export const FOREIGN_IMAGE = `registry.example/seg@sha256:${'ab'.repeat(32)}`;

/** The entry without a source, for an image that somebody else built. */
export function imported(name: string, over: Partial<Algorithm> = {}): Algorithm {
  const { source: _, ...entry } = algorithm(name, over);
  return { ...entry, image_uri: FOREIGN_IMAGE };
}

/** A tree hash that says whose it is, and which edition. */
export function treeHash(name: string, edition = 1): string {
  return `sha256:${Buffer.from(`${name}#${edition}`).toString('hex').padEnd(64, '0').slice(0, 64)}`;
}

/** What `catalog/releases` would hold of these. */
export function frozen(...released: readonly Algorithm[]): ReadonlyMap<string, EntryContract> {
  return new Map(released.map((one) => [`${one.name}@${one.version}`, contractOf(one as EntryContract)]));
}

export function input(algorithms: readonly Algorithm[], over: Partial<Input> = {}): Input {
  const treeHashes = new Map(algorithms.flatMap(({ name, source }) => (source ? [[name, treeHash(name)] as const] : [])));
  return { algorithms, faults: [], treeHashes, platform: platform(), now: new Date(NOW), ...over };
}

/** Plans and applies once, as a process of its own that starts without misfortune. */
export async function run(aws: MemoryAws, wanted: Input): Promise<Report> {
  aws.world.restart();
  return rerun(aws, wanted);
}

/** The same, with whatever misfortune the test has set. */
export async function rerun(aws: MemoryAws, wanted: Input): Promise<Report> {
  return apply(aws, await plan(aws, wanted), runOptions(aws));
}

/** Runs until nothing is left to do, a minute apart, as merges and schedules do. @returns what the last run did that did something. */
export async function settle(aws: MemoryAws, wanted: Input): Promise<Report> {
  const report = await run(aws, wanted);
  const waits = report.outcomes.some(({ result }) => result === 'waiting');
  if (!waits && (!report.ok || !(await leavesMore(aws, wanted)))) return report;
  aws.world.now += 60_000;
  return settle(aws, wanted);
}

/** What only shows when something is gone: a role that need not reach it any more. */
async function leavesMore(aws: MemoryAws, wanted: Input): Promise<boolean> {
  const { changes } = (await plan(aws, wanted)).plan;
  return changes.length > 0 && changes.every(({ kind }) => kind === 'task-role');
}

export function runOptions(aws: MemoryAws): RunOptions {
  return { commit: 'c0ffee', now: () => new Date(aws.world.now), clock: clockOf(aws) };
}

/** The in-memory AWS's clock moves when somebody waits: a lease of a run that was killed is over at once. */
export function clockOf({ world }: MemoryAws): Clock {
  return { now: () => world.now, sleep: (ms) => world.pass(ms), every: (ms, work) => world.repeat(ms, work) };
}
