/** A catalog that is changed in ways nobody planned, against an emulator: what runs goes on running. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ECSClient, ListServicesCommand } from '@aws-sdk/client-ecs';
import { GetQueueUrlCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { loadCatalog } from '@mip/catalog';
import { deployPlace } from '@mip/reconcile/testing/emulated';
import { FACTS } from '@mip/reconcile/testing/fixtures';
import { physicalNames } from '@mip/registry/names';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { entryFile } from '../../../tests/actions/catalog.ts';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import type { Context } from './context.ts';
import { LiveCatalog } from './live-catalog.ts';
import { UNCHANGED } from './live-words.ts';

const PREFIX = `l${randomBytes(4).toString('hex')}`;
const REGION = 'eu-central-1';
const PLATFORM = `
name: live
catalog_id: ${PREFIX}
prefix: ${PREFIX}
account: "000000000000"
regions: [${REGION}]
emulated: true
images: { version_tags: mutable, allowed_registries: [registry.example] }
allow: { regulatory: [research], licenses: [Apache-2.0] }
safety: { settle_seconds: 1 }
`.trimStart();
/** Its conformance is not what is looked at here. */
const UNPROVEN = { intended_use: undefined, limitations: undefined, conformance: undefined };
const entry = (name: string) => entryFile(name, { ...UNPROVEN, cpu: '256', memory: '512', parameters: '{}' });

let emulator: TestEmulator;
let root: string;
let folder: string;
let live: LiveCatalog;
let printed: string[] = [];

beforeAll(async () => {
  emulator = await openEmulator();
  root = mkdtempSync(join(tmpdir(), 'mip-live-'));
  folder = join(root, 'catalog', 'algorithms');
  for (const one of ['algorithms', 'platforms', 'shared']) mkdirSync(join(root, 'catalog', one), { recursive: true });
  writeFileSync(join(root, 'catalog/platforms/live.yaml'), PLATFORM);
  for (const name of ['aorta', 'bone', 'colon']) write(name, entry(name));
  await deployPlace(emulator.connection, PREFIX);
  const names = physicalNames({ prefix: PREFIX, account: '000000000000', region: REGION, platform: 'live' });
  const facts = JSON.stringify({ ...FACTS, cluster: names.cluster });
  await new SSMClient(emulator.connection).send(new PutParameterCommand({ Name: names.platformFacts, Value: facts, Type: 'String' }));
  live = new LiveCatalog({ context: contextOf(root), platform: await platformIn(root), connection: emulator.connection });
  await live.start();
});
afterAll(async () => {
  await live?.stop();
  await emulator.stop();
  rmSync(root, { recursive: true, force: true });
});
afterEach(() => {
  printed = [];
});

const write = (name: string, text: string | Uint8Array) => writeFileSync(join(folder, `${name}.yaml`), text);

function contextOf(repository: string): Context {
  const print = (text: string) => printed.push(text);
  return { root: repository, home: repository, environment: {}, loadEnvironment: () => undefined, print, warn: print, terminal: false };
}

async function platformIn(repository: string) {
  const [platform] = (await loadCatalog(repository, { platform: 'live' })).platforms;
  if (!platform) throw new Error('the platform file has faults');
  return platform;
}

/** All that was printed, once what is looked for is in it. */
async function said(pattern: RegExp): Promise<string> {
  await expect.poll(() => printed.join('\n'), { timeout: 60_000 }).toMatch(pattern);
  return printed.join('\n');
}

async function services(): Promise<readonly string[]> {
  const { serviceArns = [] } = await new ECSClient(emulator.connection).send(new ListServicesCommand({ cluster: `${PREFIX}-cluster` }));
  return serviceArns.map((arn) => (arn.split('/').at(-1) ?? '').replace(`${PREFIX}-`, '')).sort();
}

it('begins with what the catalog said before anybody watched', async () => {
  expect(await services()).toEqual(['aorta', 'bone', 'colon']);
});

it('keeps all of it when the whole catalog is deleted by accident, and when it comes back', async () => {
  const away = join(root, 'away');
  mkdirSync(away);
  for (const file of readdirSync(folder)) renameSync(join(folder, file), join(away, file));
  const refused = await said(new RegExp(UNCHANGED));
  expect(refused).toContain('! The catalog is empty. That is always refused');
  expect(refused).toContain('! 3 of 3 algorithms would be deleted: all there are.');
  for (const file of readdirSync(away)) renameSync(join(away, file), join(folder, file));
  await said(/nothing to change/);
  renameSync(join(root, 'catalog'), join(root, 'moved'));
  await said(/catalog\/algorithms:1:1 error: cannot be read \(ENOENT\)/);
  renameSync(join(root, 'moved'), join(root, 'catalog'));
  await said(/nothing to change[\s\S]*nothing to change/);
  expect(await services()).toEqual(['aorta', 'bone', 'colon']);
});

it.each<[string, () => unknown, RegExp]>([
  ['half a file', () => write('bone', entry('bone').slice(0, 150)), /bone\.yaml:\d+:\d+ error/],
  ['a tab', () => write('bone', entry('bone').replace('\nmemory: ', '\n\tmemory: ')), /bone\.yaml:7:1 error: .*indent with spaces/],
  ['a key that is there twice', () => write('bone', `${entry('bone')}cpu: 512\n`), /bone\.yaml:14:1 error \/cpu: cpu is there twice/],
  ['anchors that explode', () => write('bone', laughs()), /bone\.yaml:1:1 error: the file has more than 10000 values, aliases written out/],
  ['5 MB', () => write('bone', `# ${'x'.repeat(5 << 20)}\n${entry('bone')}`), /bone\.yaml:1:1 error: has 52\d{5} bytes, more than 1048576/],
  ['what is not UTF-8', () => write('bone', new Uint8Array([0x6e, 0xff, 0xfe])), /bone\.yaml:1:1 error: is not UTF-8/],
  ['a folder of that name', () => mkdirSync(join(folder, 'x.yaml')), /x\.yaml:1:1 error: is a folder/],
  [
    'a link out of the catalog',
    () => symlinkSync('/etc/hostname', join(folder, 'x.yaml')),
    /x\.yaml:1:1 error: is a link out of the catalog/,
  ],
])('shows the place of %s and changes nothing', async (_, make, fault) => {
  make();
  const text = await said(new RegExp(UNCHANGED));
  expect(text).toMatch(fault);
  printed = [];
  rmSync(join(folder, 'x.yaml'), { recursive: true, force: true });
  write('bone', entry('bone'));
  await said(/nothing to change/);
  expect(await services()).toEqual(['aorta', 'bone', 'colon']);
});

// Ten thousand are written in watch.test.ts: on a busy machine that alone takes a while.
it('counts thousands of faults, and is well again when they are gone', { timeout: 90_000 }, async () => {
  const names = Array.from({ length: 2000 }, (_, at) => `many-${at}`);
  for (const name of names) write(name, 'name: [\n');
  const text = await said(/and \d+ more faults: mip validate lists them all[\s\S]*\(\d+\.\d s\)/);
  expect(text).toContain(UNCHANGED);
  expect(printed.length).toBeLessThan(200);
  for (const name of names) rmSync(join(folder, `${name}.yaml`));
  await said(/nothing to change/);
});

it('says what an algorithm waits for that left with a dead letter, and lets it go when that is gone', async () => {
  const sqs = new SQSClient(emulator.connection);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: `${PREFIX}-colon-requests-dlq.fifo` }));
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}', MessageGroupId: 'g', MessageDeduplicationId: 'd' }));
  rmSync(join(folder, 'colon.yaml'));
  const text = await said(/colon waits: .*-dlq\.fifo still holds 1 dead letter: look at what went wrong, then purge it/);
  expect(text).toContain('colon is withdrawn: it takes no more jobs');
  write('aorta', readFileSync(join(folder, 'aorta.yaml'), 'utf8').replace('cpu: 256', 'cpu: 512').replace('memory: 512', 'memory: 1024'));
  await said(/aorta is live/); // nobody else waits for it
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  await said(/colon is gone/);
  expect(await services()).toEqual(['aorta', 'bone']);
});

function laughs(): string {
  const lines = Array.from({ length: 9 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(', ')}]`);
  return ['a0: &a0 ha', ...lines].join('\n');
}
