/** One platform file with two regions, on the emulator: each has its own registry, queues and services, and one that fails leaves the other. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ECSClient, ListServicesCommand } from '@aws-sdk/client-ecs';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { fixContracts } from '@mip/catalog/fix';
import { plan } from '@mip/reconcile';
import { deployPlace } from '@mip/reconcile/testing/emulated';
import { FACTS } from '@mip/reconcile/testing/fixtures';
import { physicalNames } from '@mip/registry/names';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entryFile } from '../../../tests/actions/catalog.ts';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import type { Context } from './context.ts';
import { inEveryRegion, show, worst } from './regions.ts';
import { applyCatalog } from './workspace.ts';

const PREFIX = `r${randomBytes(4).toString('hex')}`;
const ACCOUNT = '000000000000';
const REGIONS = ['eu-central-1', 'us-west-2'] as const;
const PLATFORM = `
name: two
catalog_id: ${PREFIX}
prefix: ${PREFIX}
account: "${ACCOUNT}"
regions: [${REGIONS.join(', ')}]
images: { allowed_registries: [registry.example] }
allow: { regulatory: [research], licenses: [Apache-2.0] }
`;

let emulator: TestEmulator;
let root: string;
const printed: string[] = [];
const warned: string[] = [];

beforeAll(async () => {
  emulator = await openEmulator();
  root = mkdtempSync(join(tmpdir(), 'mip-regions-'));
  for (const [folder, file, text] of [
    ['platforms', 'two.yaml', PLATFORM],
    ['algorithms', 'seg.yaml', entryFile('seg')],
    ['../tests/oracles', 'seg.py', ''],
  ] as const) {
    mkdirSync(join(root, 'catalog', folder), { recursive: true });
    writeFileSync(join(root, 'catalog', folder, file), text.trimStart());
  }
  await fixContracts(root);
  for (const region of REGIONS) {
    await deployPlace(at(region), PREFIX);
    await putFacts(region);
  }
});
afterAll(async () => {
  await emulator.stop();
  rmSync(root, { recursive: true, force: true });
});

const at = (region: string) => ({ ...emulator.connection, region });
const namesIn = (region: string) => physicalNames({ prefix: PREFIX, account: ACCOUNT, region, platform: 'two' });

async function putFacts(region: string): Promise<void> {
  const names = namesIn(region);
  const Value = JSON.stringify({ ...FACTS, cluster: names.cluster });
  await new SSMClient(at(region)).send(new PutParameterCommand({ Name: names.platformFacts, Type: 'String', Value }));
}

function context(): Context {
  return {
    root,
    home: root,
    environment: {},
    loadEnvironment: () => undefined,
    print: (text) => printed.push(text),
    warn: (text) => warned.push(text),
    terminal: false,
  };
}

const regionsOf = (only?: string) => ({ platform: 'two', ...(only && { region: only }) });
const apply = (only?: string) =>
  inEveryRegion(context(), regionsOf(only), { connect: at }, (workspace) => applyCatalog(context(), workspace));

async function queuesIn(region: string): Promise<readonly string[]> {
  const { QueueUrls = [] } = await new SQSClient(at(region)).send(new ListQueuesCommand({ QueueNamePrefix: PREFIX }));
  return QueueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1)).sort();
}

async function servicesIn(region: string): Promise<readonly string[]> {
  const { serviceArns = [] } = await new ECSClient(at(region)).send(new ListServicesCommand({ cluster: namesIn(region).cluster }));
  return serviceArns;
}

describe('a platform of two regions', () => {
  it('is refused where it is not', async () => {
    await expect(apply('eu-west-1')).rejects.toThrow('platform two is not in eu-west-1; it is in eu-central-1, us-west-2.');
  });

  it('when one region fails, the other is made all the same', async () => {
    const [home, other] = REGIONS;
    await new SSMClient(at(other)).send(new DeleteParameterCommand({ Name: namesIn(other).platformFacts }));
    const results = await apply();
    expect(results.map(({ region, error }) => [region, error?.slice(0, 26)])).toEqual([
      [home, undefined],
      [other, 'There is no platform here '],
    ]);
    expect(worst(results, ({ ok }) => (ok ? 0 : 1))).toBe(1);
    show(context(), false, results, { json: (report) => report, render: ({ plan: { region } }) => region });
    expect([printed, warned.map((line) => line.slice(0, 17))]).toEqual([[home], [`mip: ${other}: T`]]);
    expect(await queuesIn(home)).toEqual([`${PREFIX}-seg-requests-dlq.fifo`, `${PREFIX}-seg-requests.fifo`]);
    expect(await queuesIn(other)).toEqual([]);
  });

  it('has everything in each, once both can be reached', async () => {
    await putFacts(REGIONS[1]);
    const results = await apply();
    expect(results.map(({ error, ...one }) => error ?? ('value' in one && one.value.ok))).toEqual([true, true]);
    for (const region of REGIONS) {
      expect(await queuesIn(region)).toHaveLength(2);
      expect(await servicesIn(region)).toEqual([expect.stringContaining(`:${region}:`)]);
    }
    const planned = await inEveryRegion(context(), regionsOf(), { connect: at }, ({ aws, input }) => plan(aws, input));
    expect(planned.map((one) => 'value' in one && one.value.plan.changes)).toEqual([[], []]);
  });
});
