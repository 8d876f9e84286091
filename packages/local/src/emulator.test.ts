import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CloudFormationClient, CreateStackCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTaskDefinitionCommand, ECSClient } from '@aws-sdk/client-ecs';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { REFUSED_BY_THE_EMULATOR } from '../../../infra/lib/local-aspect.ts';
import { ecsClient } from './ecs-client.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { discardUnsaved, lastStop, readState } from './emulator-state.ts';
import { emulatorConnection } from './environment.ts';
import { settle } from './stacks.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const missing = existsSync(join(root, '.venv/bin/ministack')) ? undefined : 'needs MiniStack in .venv';

describe.skipIf(missing)('the emulator', () => {
  let home: string;
  let emulator: Emulator;
  const notes: string[] = [];
  const start = async () => {
    emulator = await startEmulator({ root, home, log: (line) => notes.push(line) });
  };
  const client = () => ({ ...emulatorConnection(emulator.endpoint, 'eu-central-1'), forcePathStyle: true });
  const remember = (name: string) => new SSMClient(client()).send(new PutParameterCommand({ Name: name, Value: name, Type: 'String' }));
  const recall = (name: string) =>
    new SSMClient(client()).send(new GetParameterCommand({ Name: name })).then(
      (answer) => answer.Parameter?.Value,
      (error: Error) => error.name,
    );

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'mip-emulator-'));
    for (const service of ['', '_ECS', '_APPLICATION_AUTO_SCALING']) vi.stubEnv(`AWS_ENDPOINT_URL${service}`, 'http://127.0.0.1:1');
    await start();
    vi.unstubAllEnvs();
  });
  afterAll(async () => {
    await emulator.stop();
    await rm(home, { recursive: true, force: true });
  });

  test('the first run says so and listens on loopback only', () => {
    expect(emulator.lastStop).toBe('first-run');
    if (existsSync('/proc/net/tcp')) expect(listening(emulator.pid)).toEqual([`127.0.0.1:${emulator.port}`]);
  });

  test.skipIf(!existsSync('/proc/self'))('its Lambdas know no address of the local cloud before', () => {
    const variables = readFileSync(`/proc/${emulator.pid}/environ`, 'utf8').split('\0');
    expect(variables.filter((one) => one.startsWith('AWS_ENDPOINT_URL'))).toEqual([]);
  });

  test('a second local cloud in the same folder is refused', async () => {
    const file = join(home, 'emulator.json');
    const running = await readFile(file, 'utf8');
    await writeFile(file, JSON.stringify({ ...JSON.parse(running), supervisor: process.ppid }));
    await expect(startEmulator({ root, home })).rejects.toThrow(`Process ${process.ppid} already runs a local cloud in this folder`);
    await writeFile(file, running);
  });

  test('every type on the list of the local aspect is one that it refuses', async () => {
    const types = REFUSED_BY_THE_EMULATOR.filter((type) => type.startsWith('AWS::'));
    const resources = Object.fromEntries(types.map((type, index) => [`It${index}`, { Type: type }]));
    const create = new CreateStackCommand({ StackName: 'refused', TemplateBody: JSON.stringify({ Resources: resources }) });
    const problem = await new CloudFormationClient(client()).send(create).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    expect(/Unrecognized resource types: \[(.*)\]/.exec(problem)?.[1]?.split(', ').sort()).toEqual([...types].sort());
  });

  test('the secrets of a container that CloudFormation made are read, though the emulator spells them in another way', async () => {
    const container = { Name: 'one', Image: 'x', Secrets: [{ Name: 'KEY', ValueFrom: 'arn:secret' }] };
    const resources = { Task: { Type: 'AWS::ECS::TaskDefinition', Properties: { Family: 'spelt', ContainerDefinitions: [container] } } };
    const create = new CreateStackCommand({ StackName: 'spelt', TemplateBody: JSON.stringify({ Resources: resources }) });
    await new CloudFormationClient(client()).send(create);
    await settle(client(), 5000);
    const look = async (ecs: ECSClient) => {
      const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'spelt' }));
      return taskDefinition?.containerDefinitions?.[0]?.secrets;
    };
    expect(await look(ecsClient(client()))).toEqual([{ name: 'KEY', valueFrom: 'arn:secret' }]);
    expect(await look(new ECSClient(client()))).toEqual([{}]); // once this fails, `ecs-client.ts` is no longer needed
  });

  test('a clean stop keeps what it holds, and the port stays', async () => {
    await remember('kept');
    const { port } = emulator;
    expect(await emulator.stop()).toBe(true);
    expect(await emulator.stop()).toBe(true); // twice is once
    expect(await emulator.exited).toEqual({ expected: true });
    await start();
    expect([emulator.lastStop, emulator.port, await recall('kept')]).toEqual(['clean', port, 'kept']);
  });

  test('a deployment under way is let finish before the stop', async () => {
    const resources = {
      Handle: { Type: 'AWS::CloudFormation::WaitConditionHandle' },
      Wait: { Type: 'AWS::CloudFormation::WaitCondition', Properties: { Handle: { Ref: 'Handle' }, Timeout: '1' } },
    };
    await new CloudFormationClient(client()).send(
      new CreateStackCommand({ StackName: 'slow', TemplateBody: JSON.stringify({ Resources: resources }) }),
    );
    expect(await settle(client(), 0)).toEqual(['CREATE_IN_PROGRESS']);
    expect(await emulator.stop()).toBe(true);
    await start();
    expect([emulator.lastStop, await settle(client(), 0)]).toEqual(['clean', []]);
  });

  test('killed, it comes back as of its last clean stop and says what was lost', async () => {
    const s3 = new S3Client(client());
    await s3.send(new CreateBucketCommand({ Bucket: 'late' }));
    await remember('lost');
    process.kill(emulator.pid, 'SIGKILL');
    expect(await emulator.exited).toEqual({ expected: false });
    await start();
    expect([emulator.lastStop, await recall('kept'), await recall('lost')]).toEqual(['unclean', 'kept', 'ParameterNotFound']);
    expect(notes.at(-1)).toMatch(/^The emulator was killed: jobs, queues, keys and container images since .* are lost/);
    await s3.send(new CreateBucketCommand({ Bucket: 'late' })); // would be taken, had its folder stayed
    await s3.send(new PutObjectCommand({ Bucket: 'late', Key: 'k', Body: 'v' }));
    expect(await (await s3.send(new GetObjectCommand({ Bucket: 'late', Key: 'k' }))).Body?.transformToString()).toBe('v');
  });

  test('one that outlived its supervisor is stopped in order, and nothing is lost', async () => {
    await remember('orphan');
    const file = join(home, 'emulator.json');
    await writeFile(file, JSON.stringify({ ...readState(file), supervisor: 2 ** 22 + 1 })); // above Linux's highest process id
    await start();
    expect([emulator.lastStop, await recall('orphan')]).toEqual(['clean', 'orphan']);
  });
});

describe('the state on disk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mip-state-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test.each([
    [undefined, 'first-run'],
    ['clean', 'clean'],
    ['unclean', 'unclean'],
    [null, 'unclean'],
  ] as const)('stopped %s means %s', (stopped, meaning) => {
    expect(lastStop(stopped === undefined ? undefined : { port: 1, pid: 1, supervisor: 1, stopped })).toBe(meaning);
  });

  test('nothing ever saved: all is thrown away', async () => {
    await mkdir(join(folder, 's3/000000000000/mip-images'), { recursive: true });
    expect(await discardUnsaved(folder)).toMatch(/everything in it is lost/);
    expect(existsSync(folder)).toBe(false);
  });

  test('buckets that the saved state knows stay, with their versions; later ones go', async () => {
    const kept = ['s3/000000000000/old', 's3/.versions/000000000000/old'];
    const gone = ['s3/000000000000/new', 's3/.versions/000000000000/new'];
    for (const path of [...kept, ...gone, 'state']) await mkdir(join(folder, path), { recursive: true });
    await writeFile(join(folder, 'state/s3.json'), JSON.stringify({ payload: { buckets_meta: { "000000000000\0'old'": {} } } }));
    expect(await discardUnsaved(folder)).toMatch(/images and results in S3 are kept/);
    expect([...kept, ...gone].map((path) => existsSync(join(folder, path)))).toEqual([true, true, false, false]);
  });

  test('a missing or broken file reads as none', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'half.json'), '{"port":');
    expect([readState(join(folder, 'none.json')), readState(join(folder, 'half.json'))]).toEqual([undefined, undefined]);
  });
});

/** `address:port` of every TCP socket that a process listens on (Linux). */
function listening(pid: number): string[] {
  const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => readlink(`/proc/${pid}/fd/${fd}`)));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && sockets.has(`socket:[${fields[9]}]`))
      .map((fields) => fields[1] ?? '')
      .map((local) => local.split(':'))
      .map(([address = '', port = '']) => `${Buffer.from(address, 'hex').reverse().join('.')}:${Number.parseInt(port, 16)}`),
  );
}

function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
