import { RegisterTaskDefinitionCommand, type RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs';
import { describe, expect, it } from 'vitest';
import { deregisterBut } from '../aws/task-definitions.ts';
import { type Facts, type PlatformFile, platformIn } from '../platform.ts';
import { apply, plan } from '../reconcile.ts';
import { algorithm, FACTS, FOREIGN_IMAGE, input, rerun, run, runOptions, treeHash } from '../testing/fixtures.ts';
import { describeKind } from '../testing/kind-contract.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { taskDefinition } from './task-definition.ts';

const ANOTHER_IMAGE = `registry.example/seg@sha256:${'cd'.repeat(32)}`;

describeKind(taskDefinition, [
  {
    what: 'another size',
    to: { cpu: 2048, memory: 4096 },
    blames: '/cpu',
    fields: [
      { path: '/cpu', from: '1024', to: '2048' },
      { path: '/memory', from: '2048', to: '4096' },
    ],
  },
  {
    what: 'another architecture',
    to: { architectures: ['arm64'] },
    blames: '/architectures',
    fields: [{ path: '/architecture', from: 'X86_64', to: 'ARM64' }],
  },
  {
    what: 'a changed source',
    to: {},
    edition: 2,
    blames: '/source',
    fields: [{ path: '/image/treeHash', from: treeHash('seg'), to: treeHash('seg', 2) }],
  },
  {
    what: 'a new version',
    to: { version: '1.1.0' },
    blames: '/version',
    fields: [
      { path: '/entry/version', from: '1.0.0', to: '1.1.0' },
      { path: '/environment/MIP_VERSION', from: '1.0.0', to: '1.1.0' },
      { path: '/image/tag', from: 'v1.0.0', to: 'v1.1.0' },
    ],
  },
  {
    what: 'another time limit',
    to: { timeout: 60 },
    blames: '/timeout',
    fields: [{ path: '/environment/MIP_TIMEOUT', from: '900', to: '60' }],
  },
  {
    what: 'another default of a parameter',
    to: { parameters: { threshold: { type: 'float', default: 90 } } },
    blames: '/parameters',
    fields: [
      { path: '/entry/parameters/threshold/default', from: 81.8, to: 90 },
      { path: '/entry/parameters/threshold/maximum', from: 3071, to: null },
      { path: '/entry/parameters/threshold/minimum', from: -1024, to: null },
      { path: '/entry/parameters/threshold/unit', from: "[hnsf'U]", to: null },
    ],
  },
  {
    what: "another image of somebody else's",
    imported: true,
    from: { image_uri: FOREIGN_IMAGE },
    to: { scaling: { min: 0, max: 1 } },
    fields: [],
  },
  { what: 'how many run is none of its business', to: { scaling: { min: 3, max: 9 } }, fields: [] },
]);

it('takes an image of somebody else by its digest', () => {
  const facts = input([]).platform;
  const { source: _, ...entry } = algorithm('seg');
  const [wanted] = taskDefinition.desire({ ...entry, image_uri: ANOTHER_IMAGE }, facts, []);
  expect(wanted?.spec.image).toEqual({ uri: ANOTHER_IMAGE });
});

describe('the PACSs of a platform', () => {
  const HOSPITAL = { name: 'the-hospital', url: 'https://pacs.example/rs', credentials: true, timeout: 30 };
  const file = { name: 'test', catalog_id: 'mip', prefix: 'mip', account: '000000000000' };
  const specOf = (facts: Facts, more: Partial<PlatformFile> = {}) =>
    taskDefinition.desire(algorithm('seg'), platformIn('eu-central-1', { ...file, ...more }, facts), [])[0]?.spec;

  it('are told to every worker, the default among them, and their credentials come as secrets', () => {
    const facts = { ...FACTS, pacs_secret_arns: { 'the-hospital': 'arn:secret' } };
    const spec = specOf(facts, { pacs: [HOSPITAL], default_pacs: 'the-hospital' });
    expect(JSON.parse(spec?.environment.MIP_PACS ?? '')).toEqual([HOSPITAL]);
    expect(spec?.environment.MIP_DEFAULT_PACS).toBe('the-hospital');
    expect(spec?.secrets).toMatchObject({ MIP_PACS_SECRET_THE_HOSPITAL: 'arn:secret', MIP_WORKERS_KEY: FACTS.workers_key_secret_arn });
  });

  it('that need no credentials, or none of which the platform has a secret yet, bring no secret', () => {
    const { credentials: _, ...open } = HOSPITAL;
    for (const pacs of [open, HOSPITAL])
      expect(Object.keys(specOf(FACTS, { pacs: [pacs] })?.secrets ?? {})).toEqual(['MIP_IMAGES_KEY', 'MIP_WORKERS_KEY']);
  });

  it('may be none: images then come from the image store of the platform', () => {
    expect(specOf(FACTS)?.environment).toMatchObject({
      MIP_PACS: '[]',
      MIP_DEFAULT_PACS: 'built-in',
      MIP_IMAGES_TABLE: 'mip-images',
      MIP_IMAGE_STORE_URL: FACTS.image_store_url,
    });
  });

  it('and an image store that is not there, or not deployed yet, is not named', () => {
    const { image_store_url: _, workers_key_secret_arn: __, pacs_secret_arns: ___, ...older } = FACTS;
    expect(specOf(older)?.environment).not.toHaveProperty('MIP_IMAGE_STORE_URL');
    expect(Object.keys(specOf(older)?.secrets ?? {})).toEqual(['MIP_IMAGES_KEY']);
  });
});

it('says how many bytes a job may read and write', () => {
  const [wanted] = taskDefinition.desire(algorithm('seg'), input([]).platform, []);
  expect(wanted?.spec.environment).toMatchObject({ MIP_MAX_IMAGE_BYTES: '2147483648', MIP_MAX_RESULT_BYTES: '2147483648' });
});

it('is refused by AWS where the size is none of Fargate, and the outcome says so', async () => {
  const report = await run(new MemoryAws(), input([algorithm('seg', { cpu: 4096, memory: 4096 })]));
  expect(report.outcomes.find(({ result }) => result === 'failed')?.reason).toBe(
    'No Fargate configuration exists for given values: 4096 CPU, 4096 memory.',
  );
});

it('is not registered for an image that changed meanwhile', async () => {
  const aws = new MemoryAws();
  aws.world.fail = ({ operation }) => {
    if (operation === 'CreateQueue') aws.memory.ecr.repositories.get('mip-seg')?.images.clear();
    return undefined;
  };
  const report = await rerun(aws, input([algorithm('seg')]));
  expect(report.outcomes.find(({ result }) => result === 'failed')?.reason).toBe(`mip-seg:v1.0.0 holds no image, not ${treeHash('seg')}`);
});

it('may nothing that it need not, and has an init process', async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg')]));
  const { containerDefinitions: [container] = [], networkMode } = aws.memory.ecs.revisions[0]?.registered ?? {};
  expect(container).toMatchObject({ linuxParameters: { capabilities: { drop: ['ALL'] }, initProcessEnabled: true }, user: '65532' });
  expect(Object.keys(container ?? {})).not.toContain('privileged');
  expect(networkMode).toBe('awsvpc');
});

describe('a revision that somebody registered', () => {
  type Registered = RegisterTaskDefinitionCommandInput;
  const of = (container: object) => (registered: Registered) => {
    const [worker, ...rest] = registered.containerDefinitions ?? [];
    return { ...registered, containerDefinitions: [{ ...worker, ...container }, ...rest] };
  };
  const withoutPlan = (registered: Registered | undefined) =>
    JSON.parse(JSON.stringify(registered).replace(/(PLAN_DIGEST","value":")[^"]*/, '$1'));
  const sidecar = { name: 'sidecar', image: 'i', essential: false };

  it.each<[string, (registered: Registered) => Registered, readonly string[]]>([
    ['volumes', (registered) => ({ ...registered, volumes: [{ name: 'v' }] }), ['/others/volumes']],
    ['more storage', (registered) => ({ ...registered, ephemeralStorage: { sizeInGiB: 200 } }), ['/others/ephemeralStorage']],
    ['the processes of all containers', (registered) => ({ ...registered, pidMode: 'task' }), ['/others/pidMode']],
    [
      'a container more',
      (registered) => ({ ...registered, containerDefinitions: [...(registered.containerDefinitions ?? []), sidecar] }),
      ['/containers'],
    ],
    ['the rights of the host', of({ privileged: true }), ['/others/privileged']],
    ['a command', of({ command: ['sh'] }), ['/others/command']],
    ['a health check', of({ healthCheck: { command: ['CMD', 'true'] } }), ['/others/healthCheck']],
    ['a port', of({ portMappings: [{ containerPort: 80 }] }), ['/others/portMappings']],
    [
      'a capability',
      of({ linuxParameters: { capabilities: { add: ['SYS_PTRACE'], drop: ['ALL'] }, initProcessEnabled: true } }),
      ['/linux/capabilities/add'],
    ],
    ['all capabilities and no init', of({ linuxParameters: {} }), ['/linux']],
    ['root', of({ user: '0' }), ['/user']],
    ['a root that can be written', of({ readonlyRootFilesystem: false }), ['/readonlyRoot']],
    [
      'a secret more',
      of({
        secrets: [
          { name: 'MIP_IMAGES_KEY', valueFrom: FACTS.images_key_secret_arn },
          { name: 'MIP_WORKERS_KEY', valueFrom: FACTS.workers_key_secret_arn },
          { name: 'X', valueFrom: 'y' },
        ],
      }),
      ['/secrets/X'],
    ],
    ['other logs', of({ logConfiguration: { logDriver: 'splunk' } }), ['/logs/driver', '/logs/group', '/logs/prefix']],
    ['another image', of({ image: FOREIGN_IMAGE }), ['/image/repository', '/image/tag', '/image/treeHash', '/image/uri']],
    [
      'another image of that repository',
      of({ image: `x/mip-seg@sha256:${'cd'.repeat(32)}` }),
      ['/image/repository', '/image/tag', '/image/treeHash', '/image/uri'],
    ],
    ['another role', (registered) => ({ ...registered, taskRoleArn: 'arn:aws:iam::000000000000:role/admin' }), ['/taskRole']],
  ])('with %s is named field by field, and replaced by one as it was', async (_, change, paths) => {
    const aws = new MemoryAws();
    const catalog = input([algorithm('seg')]);
    await run(aws, catalog);
    const { registered, tags } = aws.memory.ecs.revisions[0] as (typeof aws.memory.ecs.revisions)[0];
    const copied = Object.entries(tags).map(([key, value]) => ({ key, value }));
    await aws.ecs.send(new RegisterTaskDefinitionCommand({ ...change(registered), tags: copied }));
    const prepared = await plan(aws, catalog, 'deep');
    expect(prepared.plan.changes.flatMap(({ kind, fields }) => fields.map(({ path }) => `${kind} ${path}`))).toEqual(
      [...paths.map((path) => `task-definition ${path}`), 'service /taskDefinition/specHash'], // the service runs the one before
    );
    await apply(aws, prepared, runOptions(aws));
    expect(withoutPlan(aws.memory.ecs.revisions.at(-1)?.registered)).toEqual(withoutPlan(registered));
    expect((await plan(aws, catalog, 'deep')).plan.changes).toEqual([]);
  });

  it('and says nothing in another way is no difference', async () => {
    const aws = new MemoryAws();
    const catalog = input([algorithm('seg')]);
    await run(aws, catalog);
    const [revision] = aws.memory.ecs.revisions;
    const empty = { cpu: 0, portMappings: [], mountPoints: [], volumesFrom: [], systemControls: [], privileged: false };
    Object.assign(revision?.registered ?? {}, { ...of(empty)(revision?.registered as Registered), volumes: [], pidMode: '' });
    expect((await plan(aws, catalog, 'deep')).plan.changes).toEqual([]);
  });
});

it('of a family all revisions but some can be deregistered, and none of another family', async () => {
  const aws = new MemoryAws();
  const register = async (family: string) => {
    const size = { cpu: '256', memory: '512', containerDefinitions: [{ name: 'w', image: 'i' }] };
    return (await aws.ecs.send(new RegisterTaskDefinitionCommand({ family, ...size }))).taskDefinition?.taskDefinitionArn ?? '';
  };
  const arns = [await register('mip-seg'), await register('mip-seg'), await register('mip-seg'), await register('mip-seg-2')];
  await deregisterBut(aws.ecs, 'mip-seg', [arns[0] ?? '', arns[2] ?? '']);
  expect(aws.memory.ecs.revisions.map(({ status }) => status)).toEqual(['ACTIVE', 'INACTIVE', 'ACTIVE', 'ACTIVE']);
});
