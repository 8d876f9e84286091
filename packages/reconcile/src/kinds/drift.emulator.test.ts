/** What somebody does by hand looks the same on the emulator as in memory, and is healed there as well; of the image alone nothing is said. */
import { randomBytes } from 'node:crypto';
import { DeleteLifecyclePolicyCommand, PutImageScanningConfigurationCommand } from '@aws-sdk/client-ecr';
import { RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetQueueUrlCommand, SetQueueAttributesCommand, TagQueueCommand } from '@aws-sdk/client-sqs';
import type { PhysicalNames } from '@mip/registry/names';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../../tests/emulator.ts';
import { type Aws, makeAws } from '../aws/clients.ts';
import { monotonicClock } from '../aws/clock.ts';
import { findRevision } from '../aws/task-definitions.ts';
import { changeTo } from '../plan.ts';
import { type Platform, platformIn } from '../platform.ts';
import { algorithm, EVERY_KIND, FACTS, imported, NOW, treeHash } from '../testing/fixtures.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { KINDS } from './index.ts';
import type { Kind, Run, Wanted } from './kind.ts';

/** One region of one cloud, as a test sees it. */
interface Place {
  readonly aws: Aws;
  readonly platform: Platform;
}

const GRANT = JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action: ['*'], Resource: '*' } });
const TRUST = GRANT.replace('"Resource":"*"', '"Principal":{"AWS":["*"]}');
const nobody = { publish: async () => '' };
let emulator: TestEmulator;
let places: readonly Place[];

beforeAll(async () => {
  emulator = await openEmulator();
  const memory = new MemoryAws();
  Object.assign(memory.images, nobody);
  const prefix = `t${randomBytes(4).toString('hex')}`; // the emulator may be shared
  places = [
    { aws: memory, platform: platformOf('mip') },
    { aws: makeAws(emulator.connection, nobody), platform: platformOf(prefix) },
  ];
  for (const { aws, platform } of places) {
    memory.memory.iam.policies.add(platform.names.policyArn('other'));
    if (aws !== memory)
      await aws.iam.send(new CreatePolicyCommand({ PolicyName: 'other', Path: platform.names.rolePath, PolicyDocument: GRANT }));
  }
});
afterAll(() => emulator.stop());

function platformOf(prefix: string): Platform {
  const file = { name: 'test', catalog_id: prefix, prefix, account: '000000000000', images: { version_tags: 'mutable' as const } };
  return platformIn('eu-central-1', file, FACTS);
}

function runIn(platform: Platform): Run {
  return { ...platform, commit: 'c', planDigest: 'd', now: () => new Date(NOW), clock: monotonicClock, adopt: new Set() };
}

/** All that is wanted of one kind. */
function wantedOf(kind: Kind, platform: Platform): readonly Wanted[] {
  const entry = (kind.name === 'image-repository' ? algorithm : imported)('seg', EVERY_KIND);
  return kind.desire({ ...entry, treeHash: treeHash('seg') }, platform, []);
}

/** Makes it so, and looks at it: what differs, without the image that nobody publishes. */
async function differences(kind: Kind, { aws, platform }: Place): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const wanted of wantedOf(kind, platform)) {
    const observed = (await kind.inspect(aws, platform, new Map([[wanted.name, wanted]]))).get(wanted.name);
    const fields = kind.diff(wanted.spec, observed?.spec);
    paths.push(...fields.map(({ path }) => `${wanted.name.replace(platform.catalogId, 'mip')} ${path}`));
  }
  return paths.filter((path) => !/ \/(tag|treeHash)$/.test(path));
}

async function make(kind: Kind, { aws, platform }: Place): Promise<void> {
  for (const wanted of wantedOf(kind, platform)) {
    const observed = (await kind.inspect(aws, platform, new Map([[wanted.name, wanted]]))).get(wanted.name);
    await kind.apply(aws, changeTo(wanted, observed), runIn(platform)).catch((error: Error) => expect(error.message).toMatch(/^image /));
  }
}

type Tamper = (aws: Aws, names: PhysicalNames) => Promise<unknown>;

async function requests({ sqs }: Aws, names: PhysicalNames): Promise<string> {
  return (await sqs.send(new GetQueueUrlCommand({ QueueName: names.requestQueue('seg') }))).QueueUrl ?? '';
}

const setting =
  (Attributes: Record<string, string>): Tamper =>
  async (aws, names) =>
    aws.sqs.send(new SetQueueAttributesCommand({ QueueUrl: await requests(aws, names), Attributes }));

const DEEDS: readonly (readonly [string, string, Tamper])[] = [
  ['request-queue', 'nothing', async () => undefined],
  ['request-queue', 'a delay', setting({ DelaySeconds: '9' })],
  ['request-queue', 'a policy', setting({ Policy: GRANT.replace('"Resource"', '"Principal":"*","Resource"') })],
  ['request-queue', 'no policy and no dead letters', setting({ Policy: '', RedrivePolicy: '' })],
  ['request-queue', 'dead letters of its own', setting({ RedriveAllowPolicy: '{"redrivePermission":"denyAll"}' })],
  ['request-queue', 'a key', setting({ KmsMasterKeyId: 'alias/mine', SqsManagedSseEnabled: 'false' })],
  [
    'request-queue',
    'tags',
    async (aws, names) =>
      aws.sqs.send(new TagQueueCommand({ QueueUrl: await requests(aws, names), Tags: { 'mip:withdrawn': 'x', 'mip:role-class': 'y' } })),
  ],
  ['task-role', 'nothing', async () => undefined],
  [
    'task-role',
    'its trust',
    ({ iam }, { taskRole }) => iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: taskRole('seg'), PolicyDocument: TRUST })),
  ],
  [
    'task-role',
    'its boundary',
    ({ iam }, { taskRole, policyArn }) =>
      iam.send(new PutRolePermissionsBoundaryCommand({ RoleName: taskRole('seg'), PermissionsBoundary: policyArn('other') })),
  ],
  [
    'task-role',
    'a policy more',
    ({ iam }, { taskRole }) => iam.send(new PutRolePolicyCommand({ RoleName: taskRole('seg'), PolicyName: 'more', PolicyDocument: GRANT })),
  ],
  [
    'task-role',
    'a managed policy',
    ({ iam }, { taskRole, policyArn }) =>
      iam.send(new AttachRolePolicyCommand({ RoleName: taskRole('seg'), PolicyArn: policyArn('other') })),
  ],
  ['image-repository', 'nothing', async () => undefined],
  [
    'image-repository',
    'no lifecycle',
    ({ ecr }, names) => ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName: names.repository('seg') })),
  ],
  [
    'image-repository',
    'no scans',
    ({ ecr }, names) =>
      ecr.send(
        new PutImageScanningConfigurationCommand({
          repositoryName: names.repository('seg'),
          imageScanningConfiguration: { scanOnPush: false },
        }),
      ),
  ],
  ['task-definition', 'nothing', async () => undefined],
  [
    'task-definition',
    'a revision with more in it',
    async ({ ecs }, names) => {
      const revision = await findRevision(ecs, names.taskDefinition('seg'));
      const { family, cpu, memory, containerDefinitions = [] } = revision?.definition ?? {};
      const [worker] = containerDefinitions;
      const changed = [
        { ...worker, privileged: true, linuxParameters: {}, command: ['sh'] },
        { name: 'more', image: 'i' },
      ];
      const ours = { family, cpu, memory, containerDefinitions: changed, volumes: [{ name: 'v' }] };
      await ecs.send(new RegisterTaskDefinitionCommand({ ...ours, requiresCompatibilities: ['FARGATE'], networkMode: 'awsvpc' }));
    },
  ],
];

describe('what somebody did', () => {
  it.each(DEEDS)('to a %s, %s: seen alike, and healed', async (name, what, tamper) => {
    const kind = KINDS.find((one) => one.name === name) as Kind;
    const seen: (readonly string[])[] = [];
    for (const place of places) {
      await make(kind, place);
      expect(await differences(kind, place)).toEqual([]);
      await tamper(place.aws, place.platform.names);
      seen.push(await differences(kind, place));
      await make(kind, place);
      expect(await differences(kind, place)).toEqual([]);
    }
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[0]?.length === 0).toBe(what === 'nothing');
  });
});
