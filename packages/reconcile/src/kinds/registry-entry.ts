/** The registry's row of an algorithm: published last, withdrawn first, so that what the router can see is what can run. */

import {
  type EntryConformance,
  type EntryContract,
  type EntryRelease,
  type Pin,
  type PublishedEntry,
  Registry,
  type RegistryEntry,
} from '@mip/registry';
import { contractOf } from '@mip/registry/contract';
import { type PhysicalNames, TAGS } from '@mip/registry/names';
import { type Algorithm, lineOf } from '../algorithm.ts';
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
  readonly gpu?: number;
  readonly memory_model?: NonNullable<PublishedEntry['memory_model']>;
  readonly timeout: number;
  readonly scaling: { readonly min: number; readonly max: number };
  readonly architecture: string;
  /** The image as the catalog knows it: its source tree, or the digest of an image that somebody else built. */
  readonly image: { readonly treeHash: string } | { readonly uri: string };
  readonly queue: string;
  readonly service: string;
  /** The digest of the cases that the version has passed. */
  readonly conformance?: string;
  readonly entry: EntryContract;
  /** The versions that are served beside the default one, as the catalog has them. */
  readonly releases?: readonly ReleaseSpec[];
  readonly pin?: Pin;
}

/** One of them; with `yanked` there is no more to say. */
interface ReleaseSpec {
  readonly version: string;
  readonly yanked?: true;
  readonly line?: string;
  readonly queue?: string;
  readonly treeHash?: string;
  readonly weight?: number;
  readonly deprecated?: true;
  readonly entry?: EntryContract;
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
    '/gpu': '/gpu',
    '/memory_model': '/memory_model',
    '/memory_model/base_mib': '/memory_model/base_mib',
    '/memory_model/bytes_per_voxel': '/memory_model/bytes_per_voxel',
    '/timeout': '/timeout',
    '/scaling/min': '/scaling/min',
    '/scaling/max': '/scaling/max',
    '/architecture': '/architectures',
    '/image': '/source',
    '/image/uri': '/image_uri',
    '/conformance': '/conformance',
    '/releases': '/releases',
    ...CONTRACT_CAUSES,
  },

  desire(algorithm, { names }, before) {
    const { name, status, cpu, memory, gpu, memory_model, timeout, scaling, architectures, image_uri, treeHash = '' } = algorithm;
    const shown = before.find(({ kind }) => kind === 'conformance');
    const spec: RegistryEntrySpec = {
      status,
      cpu,
      memory,
      ...(gpu > 0 && { gpu }),
      ...(memory_model && { memory_model }),
      timeout,
      scaling: { min: scaling.min, max: scaling.max },
      architecture: architectures[0] ?? 'amd64',
      image: image_uri ? { uri: image_uri } : { treeHash },
      queue: names.requestQueue(lineOf(algorithm)),
      service: names.service(lineOf(algorithm)),
      ...(shown && { conformance: (shown.spec as { readonly cases: string }).cases }),
      entry: contractOf(algorithm),
      ...releasesOf(algorithm, names),
      ...(algorithm.pin && { pin: algorithm.pin }),
    };
    return [want('registry-entry', algorithm, name, spec)];
  },

  async list(aws, owner) {
    const listed = new Map<string, Listed>();
    for await (const row of registry(aws, owner).hashes())
      if (row.managed_by === owner.catalogId)
        listed.set(row.algorithm_name, {
          algorithm: row.algorithm_name,
          specHash: row.spec_hash,
          override: row.scale_override,
          pin: row.pin,
        });
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

  /** The version before goes on as its row says; one that is the first gets a row that tells why there is nothing to call. */
  async fail(aws, { algorithm: name, version, reason, change }, run) {
    const {
      queue_url: _,
      spec_hash: __,
      conformance: ___,
      ...unserved
    } = change?.wanted ? await row(aws, change.wanted as Wanted<RegistryEntrySpec>, run) : ({} as PublishedEntry);
    const failed = { name, owner: run.catalogId, version, reason };
    await registry(aws, run).fail({ ...failed, ...(change?.wanted && { unserved }) }, run.now());
  },
};

/** A release that cannot run is not in `further`, and then nothing of the algorithm is changed. */
function releasesOf({ releases = [], further = [] }: Algorithm, names: PhysicalNames): Pick<RegistryEntrySpec, 'releases'> {
  const specs = releases.flatMap(({ version, weight, deprecated, yanked }): ReleaseSpec[] => {
    if (yanked) return [{ version, yanked }];
    const one = further.find((running) => running.version === version);
    if (!one) return [];
    const line = lineOf(one);
    const said = { ...(weight && { weight }), ...(deprecated && { deprecated }) };
    return [{ version, line, queue: names.requestQueue(line), treeHash: one.treeHash ?? '', ...said, entry: contractOf(one) }];
  });
  return specs.length > 0 ? { releases: specs } : {};
}

function observedRelease(release: EntryRelease): ReleaseSpec {
  if (release.yanked) return { version: release.version, yanked: true };
  const { version, line, queue_url, tree_hash, weight, deprecated_at, entry } = release;
  const said = { ...(weight && { weight }), ...(deprecated_at && { deprecated: true as const }) };
  return { version, line, queue: queue_url.split('/').at(-1) ?? '', treeHash: tree_hash, ...said, entry };
}

/** Since when a version is deprecated is remembered from row to row. */
async function releases(aws: Aws, { name, spec }: Wanted<RegistryEntrySpec>, run: Run): Promise<readonly EntryRelease[]> {
  const specs = spec.releases ?? [];
  const [before] = specs.some(({ deprecated }) => deprecated) ? await registry(aws, run).getMany([name]) : [];
  const since = new Map((before?.releases ?? []).map((one) => [one.version, one.yanked ? undefined : one.deprecated_at]));
  const now = run.now().toISOString();
  return Promise.all(
    specs.map(async ({ version, yanked, line = '', queue = '', treeHash = '', weight, deprecated, entry }): Promise<EntryRelease> => {
      if (yanked || !entry) return { version, yanked: true };
      const { container } = await ownedRevision(aws.ecs, run.names.taskDefinition(line), run.catalogId);
      const what = { version, line, queue_url: await queueUrl(aws.sqs, queue), image_uri: container.image ?? '', tree_hash: treeHash };
      return { ...what, ...(weight && { weight }), ...(deprecated && { deprecated_at: since.get(version) ?? now }), entry };
    }),
  );
}

function registry(aws: Aws, { names }: Owner): Registry {
  return new Registry(aws.dynamodb, names.table('algorithms'));
}

function observed(row: RegistryEntry): Observed<RegistryEntrySpec> {
  const spec = {
    status: row.status,
    cpu: row.cpu,
    memory: row.memory,
    ...(row.gpu !== undefined && { gpu: row.gpu }),
    ...(row.memory_model && { memory_model: row.memory_model }),
    timeout: row.timeout,
    scaling: row.scaling,
    architecture: row.architecture,
    image: row.tree_hash ? { treeHash: row.tree_hash } : { uri: row.image_uri },
    queue: (row.queue_url ?? '').split('/').at(-1) ?? '',
    service: row.service,
    ...(row.conformance && { conformance: row.conformance.hash }),
    entry: contractIn(row),
    ...(row.releases && { releases: row.releases.map(observedRelease) }),
    ...(row.pin && { pin: row.pin }),
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
async function row(aws: Aws, wanted: Wanted<RegistryEntrySpec>, run: Run): Promise<PublishedEntry> {
  const { name, version, spec, specHash } = wanted;
  const { container, tags } = await ownedRevision(aws.ecs, spec.service, run.catalogId);
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
    ...(spec.gpu !== undefined && { gpu: spec.gpu }),
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
    ...(spec.conformance !== undefined && { conformance: conformanceIn(tags, version) }),
    commit_sha: run.commit,
    ...(spec.releases && { releases: await releases(aws, wanted, run) }),
    ...(spec.pin && { pin: spec.pin }),
  };
}

/** As the revision bears it: whoever publishes need not be the run that tried it. */
function conformanceIn(tags: Readonly<Record<string, string>>, version: string): EntryConformance {
  const total = Number(tags[TAGS.conformanceCases]);
  return { version, hash: tags[TAGS.conformance] ?? '', cases: { passed: total, total }, at: tags[TAGS.conformanceAt] ?? '' };
}
