/** The registry's row of an algorithm: published last, withdrawn first, so that what the router can see is what can run. */

import { type EntryContract, type PublishedEntry, Registry, type RegistryEntry } from '@mip/registry';
import { contractOf } from '@mip/registry/contract';
import type { Aws } from '../aws/clients.ts';
import { queueUrl } from '../aws/queues.ts';
import { ownedRevision } from '../aws/task-definitions.ts';
import { diffFields } from '../change.ts';
import { CONTRACT_CAUSES } from '../contract.ts';
import type { Owner } from '../platform.ts';
import { type Kind, type Listed, type Observed, type Run, type Wanted, want } from './kind.ts';

export interface RegistryEntrySpec {
  readonly status: string;
  readonly cpu: number;
  readonly memory: number;
  readonly memory_model?: NonNullable<PublishedEntry['memory_model']>;
  readonly timeout: number;
  readonly scaling: { readonly min: number; readonly max: number };
  readonly architecture: string;
  /** The image as the catalog knows it: its source tree, or the digest of an image that somebody else built. */
  readonly image: { readonly treeHash: string } | { readonly uri: string };
  readonly queue: string;
  readonly service: string;
  readonly entry: EntryContract;
}

export const registryEntry: Kind<RegistryEntrySpec> = {
  name: 'registry-entry',
  permissions: {
    read: ['dynamodb:Scan', 'dynamodb:BatchGetItem'],
    write: ['dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'ecs:DescribeTaskDefinition', 'sqs:GetQueueUrl'],
  },
  causes: {
    '/status': '/status',
    '/cpu': '/cpu',
    '/memory': '/memory',
    '/memory_model': '/memory_model',
    '/memory_model/base_mib': '/memory_model/base_mib',
    '/memory_model/bytes_per_voxel': '/memory_model/bytes_per_voxel',
    '/timeout': '/timeout',
    '/scaling/min': '/scaling/min',
    '/scaling/max': '/scaling/max',
    '/architecture': '/architectures',
    '/image': '/source',
    '/image/uri': '/image_uri',
    ...CONTRACT_CAUSES,
  },

  desire(algorithm, { names }) {
    const { name, status, cpu, memory, memory_model, timeout, scaling, architectures, image_uri, treeHash = '' } = algorithm;
    const spec: RegistryEntrySpec = {
      status,
      cpu,
      memory,
      ...(memory_model && { memory_model }),
      timeout,
      scaling: { min: scaling.min, max: scaling.max },
      architecture: architectures[0] ?? 'amd64',
      image: image_uri ? { uri: image_uri } : { treeHash },
      queue: names.requestQueue(name),
      service: names.service(name),
      entry: contractOf(algorithm),
    };
    return [want('registry-entry', algorithm, name, spec)];
  },

  async list(aws, owner) {
    const listed = new Map<string, Listed>();
    for await (const row of registry(aws, owner).hashes())
      if (row.managed_by === owner.catalogId)
        listed.set(row.algorithm_name, { algorithm: row.algorithm_name, specHash: row.spec_hash, override: row.scale_override });
    return listed;
  },

  async inspect(aws, owner, subjects) {
    const rows = await registry(aws, owner).getMany([...subjects.keys()]);
    return new Map(rows.map((row) => [row.algorithm_name, observed(row)]));
  },

  diff: diffFields,

  async apply(aws, change, run) {
    const table = registry(aws, run);
    if (change.action === 'delete') return table.withdraw(change.name, run.catalogId);
    const adopted = run.adopt.has(change.name);
    await table.publish(await row(aws, change.wanted as Wanted<RegistryEntrySpec>, run), run.now(), adopted);
  },
};

function registry(aws: Aws, { names }: Owner): Registry {
  return new Registry(aws.dynamodb, names.table('algorithms'));
}

function observed(row: RegistryEntry): Observed<RegistryEntrySpec> {
  const spec = {
    status: row.status,
    cpu: row.cpu,
    memory: row.memory,
    ...(row.memory_model && { memory_model: row.memory_model }),
    timeout: row.timeout,
    scaling: row.scaling,
    architecture: row.architecture,
    image: row.tree_hash ? { treeHash: row.tree_hash } : { uri: row.image_uri },
    queue: (row.queue_url ?? '').split('/').at(-1) ?? '',
    service: row.service,
    entry: contractIn(row),
  };
  return { name: row.algorithm_name, owner: row.managed_by, algorithm: row.algorithm_name, specHash: row.spec_hash, spec };
}

/** What callers are shown stands in the row a second time, beside the contract; where the two differ, both are seen. */
function contractIn(row: RegistryEntry): EntryContract {
  if (!row.entry) return row.entry;
  const differing = SHOWN_TWICE.filter((field) => diffFields(row.entry[field], row[field]).length > 0);
  const both = differing.map((field) => [field, { entry: row.entry[field] ?? null, row: row[field] ?? null }]);
  return { ...row.entry, ...Object.fromEntries(both) };
}

const SHOWN_TWICE = ['version', 'description', 'algorithm_type', 'parameters', 'input', 'output'] as const;

/** The image is taken from the task definition: the row says what the service was given, not what a tag points at by now. */
async function row(aws: Aws, { name, version, spec, specHash }: Wanted<RegistryEntrySpec>, run: Run): Promise<PublishedEntry> {
  const { container } = await ownedRevision(aws.ecs, run.names.taskDefinition(name), run.catalogId);
  const { description, algorithm_type, parameters, input, output } = spec.entry;
  return {
    algorithm_name: name,
    managed_by: run.catalogId,
    spec_hash: specHash,
    status: spec.status as PublishedEntry['status'],
    version,
    description,
    algorithm_type,
    image_uri: container.image ?? '',
    ...('treeHash' in spec.image && { tree_hash: spec.image.treeHash }),
    cpu: spec.cpu,
    memory: spec.memory,
    ...(spec.memory_model && { memory_model: spec.memory_model }),
    timeout: spec.timeout,
    scaling: spec.scaling,
    architecture: spec.architecture as PublishedEntry['architecture'],
    parameters,
    input,
    output,
    entry: spec.entry,
    queue_url: await queueUrl(aws.sqs, spec.queue),
    service: spec.service,
    commit_sha: run.commit,
  };
}
