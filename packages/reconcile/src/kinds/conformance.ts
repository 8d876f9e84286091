/** What a version has shown before it serves: a mark on its task definition's revision that a candidate of it has passed all cases. */

import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-ecs';
import { TAGS } from '@mip/registry/names';
import { hasCandidates, lineOf } from '../algorithm.ts';
import { readFound } from '../aws/batches.ts';
import type { Aws } from '../aws/clients.ts';
import { queueUrl } from '../aws/queues.ts';
import { lowerTags } from '../aws/tags.ts';
import { findRevision, newestRevisions, ownedRevision, type Revision } from '../aws/task-definitions.ts';
import { diffFields, hashOf } from '../change.ts';
import { gpusOf, launchOf, onInstances } from '../launch.ts';
import { type Tryout, tryOut } from '../rollout.ts';
import { type Kind, type Listed, type Observed, ownership, type Run, type Wanted, want } from './kind.ts';

export interface ConformanceSpec {
  /** The hash of the spec that the revision was registered for. */
  readonly taskDefinition: string;
  /** The digest of the cases, as the catalog has them. */
  readonly cases: string;
}

const MARKS = [TAGS.conformance, TAGS.conformanceCases, TAGS.conformanceAt];

export const conformance: Kind<ConformanceSpec> = {
  name: 'conformance',
  permissions: {
    read: ['tag:GetResources', 'ecs:ListTaskDefinitionFamilies', 'ecs:DescribeTaskDefinition'],
    write: [
      ...['ecs:RunTask', 'ecs:DescribeTasks', 'ecs:ListTasks', 'ecs:StopTask', 'ecs:TagResource', 'ecs:UntagResource', 'iam:PassRole'],
      ...['s3:PutObject', 's3:GetObject', 'dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
      ...['sqs:GetQueueUrl', 'sqs:SendMessage'],
    ],
  },
  causes: { '': '/version', '/cases': '/conformance' },

  /** Only of what would take the place of something: a version that somebody pinned, or that is served beside the default, ran before. */
  desire(algorithm, { names }, before) {
    if (!hasCandidates(algorithm) || algorithm.pin) return [];
    const family = names.taskDefinition(lineOf(algorithm));
    const taskDefinition = before.find(({ kind, name }) => kind === 'task-definition' && name === family)?.specHash ?? '';
    return [want('conformance', algorithm, family, { taskDefinition, cases: hashOf(algorithm.conformance) })];
  },

  async list(aws, { catalogId, names }) {
    const newest = await newestRevisions(aws, catalogId, names.taskDefinition(''));
    return new Map([...newest].flatMap(([family, tags]) => (TAGS.conformance in tags ? [[family, listed(tags)] as const] : [])));
  },

  /** Of the newest revision, which is what a service is given: what an older one has shown is not looked at. */
  async inspect(aws, _owner, subjects) {
    return readFound(subjects.keys(), async (family) => observed(family, await findRevision(aws.ecs, family)));
  },

  diff: diffFields,

  async apply(aws, change, run) {
    if (change.action === 'delete') return forget(aws, change.name);
    const { name, spec, ...wanted } = change.wanted as Wanted<ConformanceSpec>;
    const revision = await ownedRevision(aws.ecs, name, run.catalogId);
    if (revision.tags[TAGS.specHash] !== spec.taskDefinition)
      throw new Error(`${revision.arn} is not the task definition that was planned`);
    const count = await tryOut(aws, await tryoutOf(aws, { ...wanted, name, spec }, revision, run), run);
    const marks = { [TAGS.conformance]: spec.cases, [TAGS.conformanceCases]: String(count), [TAGS.conformanceAt]: run.now().toISOString() };
    await aws.ecs.send(new TagResourceCommand({ resourceArn: revision.arn, tags: lowerTags(marks) })); // last: it says that all cases passed
  },
};

function listed(tags: Readonly<Record<string, string>>): Listed {
  return { ...ownership(tags), specHash: hashOf(specIn(tags)) };
}

function observed(family: string, revision: Revision | undefined): Observed<ConformanceSpec> | undefined {
  if (!revision || !(TAGS.conformance in revision.tags)) return undefined;
  const spec = specIn(revision.tags);
  return { name: family, ...ownership(revision.tags), specHash: hashOf(spec), spec };
}

function specIn(tags: Readonly<Record<string, string>>): ConformanceSpec {
  return { taskDefinition: tags[TAGS.specHash] ?? '', cases: tags[TAGS.conformance] ?? '' };
}

async function tryoutOf(aws: Aws, wanted: Wanted<ConformanceSpec>, { arn, container }: Revision, run: Run): Promise<Tryout> {
  const { names, facts } = run;
  const launch = launchOf({ gpu: gpusOf(container) }, run);
  const line = names.lineOf(wanted.name);
  const { algorithm, version, specHash } = wanted;
  return {
    trial: { names, algorithm, version, line, specHash, at: run.now() },
    queueUrl: await queueUrl(aws.sqs, names.candidateQueue(line)),
    candidate: {
      cluster: facts.cluster,
      line,
      taskDefinition: arn,
      container: container.name ?? '',
      launch,
      network: {
        subnets: facts.subnets.toSorted(),
        securityGroups: [facts.security_group],
        assignPublicIp: facts.assign_public_ip && !onInstances(launch) ? 'ENABLED' : 'DISABLED',
      },
      tags: { [TAGS.managedBy]: run.catalogId, [TAGS.algorithm]: algorithm, [TAGS.version]: version },
    },
  };
}

/** The revision stays; without the cases it has nothing to show. */
async function forget(aws: Aws, family: string): Promise<void> {
  const revision = await findRevision(aws.ecs, family);
  if (revision && TAGS.conformance in revision.tags)
    await aws.ecs.send(new UntagResourceCommand({ resourceArn: revision.arn, tagKeys: MARKS }));
}
