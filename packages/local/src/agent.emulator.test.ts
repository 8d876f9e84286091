/** The agent against a real emulator: packed images, tasks that ECS was asked for, processes that really run. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  type TaskOverride,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type Algorithm, imageFolders, treeHash } from '@mip/catalog';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { type Agent, type AgentOptions, startAgent } from './agent.ts';
import { startEcsFront } from './ecs-front.ts';
import { LocalPublisher } from './pack.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
const missing = existsSync(join(REPOSITORY, '.venv/bin/ministack')) ? undefined : 'needs MiniStack in .venv';
const CLUSTER = 'agent-test';
/** A worker that shows its environment, then waits; told to be stubborn, it ignores SIGTERM, and its child always does. */
const WORKER = `
import json, os, signal, subprocess, sys, time
if os.environ.get('STUBBORN'): signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(['sleep', '1000']) if os.environ.get('STUBBORN') else None
print(json.dumps({'pid': os.getpid(), 'child': child and child.pid, 'args': sys.argv[1:], 'cwd': os.getcwd(), 'env': dict(os.environ)}), flush=True)
if os.environ.get('LEAVE'): sys.exit(7)
while True: time.sleep(0.1)
`;

interface Seen {
  readonly pid: number;
  readonly child: number | null;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The environment that a container definition gives, as ECS takes it. */
const variables = (values: Record<string, string>) => Object.entries(values).map(([name, value]) => ({ name, value }));

function alive(pid: number): boolean {
  try {
    // A zombie that nobody reaps (usual in containers) has ended.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function until<T>(what: string, look: () => T | undefined | false, seconds = 15): Promise<T> {
  for (const limit = Date.now() + seconds * 1000; Date.now() < limit; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const found = look();
    if (found) return found;
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

describe.skipIf(missing || !existsSync('/proc/self/stat'))('the agent', () => {
  let emulator: TestEmulator;
  let ecs: ECSClient;
  let root: string;
  let home: string;
  let image: string;
  let agent: Agent | undefined;
  const lines: string[] = [];

  beforeAll(async () => {
    emulator = await openEmulator();
    ecs = new ECSClient(emulator.connection);
    root = repository();
    image = await publish();
    await ecs.send(new CreateClusterCommand({ clusterName: CLUSTER }));
  });
  afterAll(async () => {
    await emulator.stop();
    rmSync(root, { recursive: true, force: true });
  });
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'mip-agent-'));
    lines.length = 0;
  });
  afterEach(async () => {
    await agent?.stop();
    agent = undefined;
    for (const task of tasks.splice(0)) await ecs.send(new StopTaskCommand({ cluster: CLUSTER, task }));
    rmSync(home, { recursive: true, force: true });
  });

  /** A repository with a fake SDK, fake kernels and an algorithm; its Python environment is this repository's. */
  function repository(): string {
    const folder = mkdtempSync(join(tmpdir(), 'mip-agent-root-'));
    const write = (path: string, text: string) => {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    write('.gitignore', 'build/\n');
    write('algorithms/sdk/mip_sdk/__init__.py', '');
    write('algorithms/sdk/mip_sdk/__main__.py', WORKER);
    write('algorithms/kernels/Makefile', 'all:\n\t@mkdir -p build && echo kernels > build/libmip_kernels.so\n');
    write('algorithms/fake/algorithm.py', 'pass\n');
    return folder;
  }

  async function publish(): Promise<string> {
    const name = 'mip-agent-fake';
    const { repository: made } = await new ECRClient(emulator.connection).send(new CreateRepositoryCommand({ repositoryName: name }));
    const source = 'algorithms/fake';
    const algorithms = [{ name: 'fake', version: '1.0.0', source, algorithm_type: 'python' } as Algorithm];
    const publisher = new LocalPublisher({ root, endpoint: emulator.connection.endpoint, algorithms });
    const repositoryUri = made?.repositoryUri ?? '';
    const digest = await publisher.publish({
      algorithm: 'fake',
      repositoryUri,
      tag: 'v1.0.0',
      treeHash: await treeHash(root, imageFolders(source)),
    });
    return `${repositoryUri}@${digest}`;
  }

  const tasks: string[] = [];

  /** A task as a service's; the emulator takes any group. */
  async function run(family: string, container: object, overrides?: TaskOverride, group = `service:${family}`): Promise<string> {
    await ecs.send(
      new RegisterTaskDefinitionCommand({ family, containerDefinitions: [{ name: 'worker', image, stopTimeout: 1, ...container }] }),
    );
    const answer = await ecs.send(new RunTaskCommand({ cluster: CLUSTER, taskDefinition: family, group, overrides }));
    const arn = answer.tasks?.[0]?.taskArn ?? '';
    tasks.push(arn);
    return arn;
  }

  async function start(more: Partial<AgentOptions> = {}): Promise<Agent> {
    const log = (line: string) => lines.push(line);
    agent = await startAgent({ root: REPOSITORY, home, connection: emulator.connection, cluster: CLUSTER, log, ...more });
    return agent;
  }

  /** What the processes of a task printed, one for each that was started. */
  function seen(family: string, arn: string): readonly Seen[] {
    const file = join(home, 'logs', family, `${arn.split('/').at(-1)}.log`);
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  }
  const writtenDown = (): number[] => JSON.parse(readFileSync(join(home, 'agent.json'), 'utf8')).pids;
  const first = (family: string, arn: string) => until(`a process of ${family}`, () => seen(family, arn)[0]);

  it('gives a process what its image, its task definition, its secrets and its overrides say, in that order', async () => {
    const secret = await new SecretsManagerClient(emulator.connection).send(
      new CreateSecretCommand({ Name: 'agent/secret', SecretString: '{"user":"ada","key":"k1"}' }),
    );
    await new SSMClient(emulator.connection).send(new PutParameterCommand({ Name: '/agent/parameter', Value: 'p1', Type: 'SecureString' }));
    const container = {
      environment: variables({ FROM_TASK: 'task', REPLACED: 'task', MIP_ALGORITHM: 'fake' }),
      secrets: [
        { name: 'WHOLE', valueFrom: secret.ARN },
        { name: 'ONE_KEY', valueFrom: `${secret.ARN}:key::` },
        { name: 'PARAMETER', valueFrom: 'arn:aws:ssm:eu-central-1:000000000000:parameter/agent/parameter' },
      ],
    };
    const arn = await run('agent-environment', container, {
      containerOverrides: [{ name: 'worker', command: ['--once'], environment: variables({ REPLACED: 'override' }) }],
    });
    await start();
    const { args, cwd, env } = await first('agent-environment', arn);
    const inside = join(home, 'images', (image.split('@')[1] ?? '').replace(':', '-'), 'root', 'opt', 'mip');
    expect(args).toEqual(['--once']);
    expect(cwd).toBe(join(inside, 'algorithm'));
    expect(env).toMatchObject({
      FROM_TASK: 'task',
      REPLACED: 'override',
      WHOLE: '{"user":"ada","key":"k1"}',
      ONE_KEY: 'k1',
      PARAMETER: 'p1',
      PYTHONPATH: `${inside}/sdk:${inside}/algorithm`,
      MIP_KERNELS: `${inside}/kernels/lib/libmip_kernels.so`,
      AWS_ENDPOINT_URL: emulator.connection.endpoint,
    });
    expect(env.PATH?.split(':')[0]).toBe(join(REPOSITORY, '.venv', 'bin'));
  });

  describe('a task with a port', () => {
    const container = { portMappings: [{ containerPort: 8042 }], environment: variables({ PORT: '8042', HOST: '0.0.0.0' }) };

    it('gets a free one of this machine, which is known while it runs, and another when it starts anew', async () => {
      const arn = await run('agent-port', container);
      const { ports } = await start();
      const { pid, env } = await first('agent-port', arn);
      expect([ports('agent-port'), ports('agent-other'), env.HOST]).toEqual([[Number(env.PORT)], [], '127.0.0.1']);
      process.kill(pid, 'SIGKILL');
      await until('no port', () => ports('agent-port').length === 0);
      const second = await until('a second process', () => seen('agent-port', arn)[1]);
      await until('its port', () => ports('agent-port')[0] === Number(second.env.PORT));
      expect(second.env.PORT).not.toBe(env.PORT);
    });

    it('has the Node.js of this project before any other', async () => {
      const { env } = await first('agent-node', (await Promise.all([run('agent-node', container), start()]))[0]);
      const { stdout } = await execa('node', ['--version'], { env: { PATH: env.PATH }, extendEnv: false });
      expect(stdout).toBe(process.version);
    });
  });

  it("gives this machine's address where a definition names another, and only there", async () => {
    const replaced = { MIP_IMAGE_STORE_URL: 'http://127.0.0.1:1/dicomweb' };
    const named = await run('agent-replaced', { environment: variables({ MIP_IMAGE_STORE_URL: 'http://in.aws/dicomweb' }) });
    const without = await run('agent-not-replaced', {});
    await start({ replaced });
    expect((await first('agent-replaced', named)).env).toMatchObject(replaced);
    expect((await first('agent-not-replaced', without)).env).not.toHaveProperty('MIP_IMAGE_STORE_URL');
  });

  it('starts the others when one task cannot be started, and says so once', async () => {
    const broken = await run('agent-broken', { image: `${image.split('@')[0]}@sha256:${'0'.repeat(64)}` });
    const arn = await run('agent-sound', {});
    const started = await start();
    await first('agent-sound', arn);
    expect([arn, broken].map((task) => started.isRunning(task))).toEqual([true, false]);
    expect(['sound', 'broken'].map((name) => started.inGroup(`service:agent-${name}`))).toEqual([1, 0]);
    await new Promise((resolve) => setTimeout(resolve, 3500));
    expect(lines.filter((line) => line.includes('agent-broken'))).toHaveLength(1);
  });

  it('ships what a task prints to the log group of its definition, under the name that awslogs gives it', async () => {
    const logs = new CloudWatchLogsClient(emulator.connection);
    await logs.send(new CreateLogGroupCommand({ logGroupName: '/ecs/agent' }));
    const options = { 'awslogs-group': '/ecs/agent', 'awslogs-stream-prefix': 'fake', 'awslogs-region': 'eu-central-1' };
    const arn = await run('agent-logging', { logConfiguration: { logDriver: 'awslogs', options } });
    await start();
    const { pid } = await first('agent-logging', arn);
    await agent?.stop(); // what is left is shipped at the end
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: '/ecs/agent' }));
    expect(events.map(({ logStreamName }) => logStreamName)).toEqual([`fake/worker/${arn.split('/').at(-1)}`]);
    expect(JSON.parse(events[0]?.message ?? '')).toMatchObject({ pid });
  });

  it('starts a process again that ended, later each time', async () => {
    const arn = await run('agent-leaving', { environment: variables({ LEAVE: '1' }) });
    await start();
    await until('a second process', () => seen('agent-leaving', arn)[1]);
    expect(lines.join('\n')).toMatch(/agent-leaving.*ended with code 7/);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(seen('agent-leaving', arn)).toHaveLength(2);
  });

  it('runs a task once that is no service, and says how it ended', async () => {
    const once = await run('agent-once', { environment: variables({ LEAVE: '1' }) }, undefined, 'candidate:x');
    const broken = await run('agent-once-broken', { image: `${image.split('@')[0]}@sha256:${'0'.repeat(64)}` }, undefined, 'candidate:x');
    const running = await start();
    const front = await startEcsFront({ endpoint: emulator.connection.endpoint, running });
    try {
      const seenBy = new ECSClient({ ...emulator.connection, endpoint: front.url });
      const describeBoth = async () =>
        (await seenBy.send(new DescribeTasksCommand({ cluster: CLUSTER, tasks: [once, broken] }))).tasks ?? [];
      let found = await describeBoth();
      for (const limit = Date.now() + 15_000; Date.now() < limit && found.some(({ lastStatus }) => lastStatus !== 'STOPPED'); ) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        found = await describeBoth();
      }
      expect(found).toMatchObject([
        { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited', containers: [{ exitCode: 7 }] },
        { stopCode: 'TaskFailedToStart', stoppedReason: expect.stringMatching(/0000/) },
      ]);
      expect(seen('agent-once', once)).toHaveLength(1);
    } finally {
      await front.stop();
    }
  });

  describe('a revision whose tasks end again and again', () => {
    const deployed = async (family: string, container: object, service?: string) => {
      const registered = await ecs.send(
        new RegisterTaskDefinitionCommand({ family, containerDefinitions: [{ name: 'worker', image, stopTimeout: 1, ...container }] }),
      );
      const taskDefinition = registered.taskDefinition?.taskDefinitionArn ?? '';
      const deploymentConfiguration = { deploymentCircuitBreaker: { enable: true, rollback: true } };
      if (service) await ecs.send(new UpdateServiceCommand({ cluster: CLUSTER, service, taskDefinition }));
      else
        await ecs.send(
          new CreateServiceCommand({ cluster: CLUSTER, serviceName: family, taskDefinition, desiredCount: 1, deploymentConfiguration }),
        );
      return taskDefinition;
    };

    it('goes back to the one that ran before, and the service says so', { timeout: 40_000 }, async () => {
      const good = await deployed('agent-breaker', {});
      const running = await start();
      const group = 'service:agent-breaker';
      await until('the good one', () => running.started(group, good) === 1);
      await new Promise((resolve) => setTimeout(resolve, 1500)); // a look later it is known as one to go back to
      const bad = await deployed('agent-breaker', { environment: variables({ LEAVE: '1' }) }, 'agent-breaker');
      await until('the breaker', () => running.failed(group), 25);
      await until('the good one again', () => running.started(group, good) === 1);
      const front = await startEcsFront({ endpoint: emulator.connection.endpoint, running });
      const seenBy = new ECSClient({ ...emulator.connection, endpoint: front.url });
      const describeIt = async () =>
        (await seenBy.send(new DescribeServicesCommand({ cluster: CLUSTER, services: ['agent-breaker'] }))).services?.[0];
      expect(await describeIt()).toMatchObject({
        taskDefinition: good,
        deployments: [
          { status: 'PRIMARY', taskDefinition: good, rolloutState: 'COMPLETED' },
          { taskDefinition: bad, rolloutState: 'FAILED', failedTasks: 3 },
        ],
      });
      await seenBy.send(new UpdateServiceCommand({ cluster: CLUSTER, service: 'agent-breaker', taskDefinition: good }));
      expect(running.failed(group)).toBeUndefined();
      await ecs.send(new DeleteServiceCommand({ cluster: CLUSTER, service: 'agent-breaker', force: true }));
      await front.stop();
    });
  });

  it('ends a process whose task was stopped, also one that does not listen, with all below it', async () => {
    const arn = await run('agent-stubborn', { environment: variables({ STUBBORN: '1' }) });
    await start();
    const { pid, child } = await first('agent-stubborn', arn);
    await ecs.send(new StopTaskCommand({ cluster: CLUSTER, task: arn }));
    await until('no process', () => !alive(pid) && !alive(child ?? 0));
  });

  it('ends them all when it is stopped, also those that it was stopping already', async () => {
    const stopping = await run('agent-stopping', { environment: variables({ STUBBORN: '1' }), stopTimeout: 3 });
    const running = await run('agent-running', {});
    const started = await start();
    const pids = [(await first('agent-stopping', stopping)).pid, (await first('agent-running', running)).pid];
    expect(lines).toEqual([]); // the two unpacked one image together
    await ecs.send(new StopTaskCommand({ cluster: CLUSTER, task: stopping }));
    await until('the stop', () => started.status().some(({ arn, state }) => arn === stopping && state === 'stopping'));
    expect(writtenDown().sort()).toEqual(pids.toSorted());
    await started.stop();
    expect(pids.filter(alive)).toEqual([]);
    expect(writtenDown()).toEqual([]);
  });

  it('leaves no process behind when it is killed, not even a stubborn one', async () => {
    const arn = await run('agent-orphan', { environment: variables({ STUBBORN: '1' }) });
    const options = JSON.stringify({ root: REPOSITORY, home, connection: emulator.connection, cluster: CLUSTER });
    const script = `import { startAgent } from ${JSON.stringify(join(import.meta.dirname, 'agent.ts'))};
      await startAgent({ ...${options}, log: console.error });`;
    const supervisor = execa('node', ['--input-type=module', '-e', script], { preferLocal: true, localDir: REPOSITORY, reject: false });
    const { pid, child } = await first('agent-orphan', arn);
    supervisor.kill('SIGKILL');
    await supervisor;
    await until('no process', () => !alive(pid) && !alive(child ?? 0), 5);
  });
});
