/** The same story on the emulator and in memory: what the fake says of AWS has to hold before something that speaks AWS's protocols. */
import { randomBytes } from 'node:crypto';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { Registry } from '@mip/registry';
import { physicalNames } from '@mip/registry/names';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { type Aws, makeAws } from './aws/clients.ts';
import { readFacts } from './aws/facts.ts';
import type { Platform } from './platform.ts';
import { apply, type Input, plan } from './reconcile.ts';
import type { Report } from './run.ts';
import { deployPlace, pusher } from './testing/emulated.ts';
import { algorithm, FACTS, imported, input, NOW, run, treeHash } from './testing/fixtures.ts';
import { MemoryAws } from './testing/memory-aws.ts';

const PREFIX = `t${randomBytes(4).toString('hex')}`; // the emulator may be shared
const REGION = 'eu-central-1';
const NAMES = physicalNames({ prefix: PREFIX, account: '000000000000', region: REGION, platform: 'test' });

let emulator: TestEmulator;
let platform: Platform;

beforeAll(async () => {
  emulator = await openEmulator();
  platform = await deployPlace(emulator.connection, PREFIX);
});
afterAll(() => emulator.stop());

async function reconcile(wanted: Input): Promise<{ report: Report; aws: Aws }> {
  const aws = makeAws(emulator.connection, pusher(emulator.connection.endpoint));
  const report = await apply(aws, await plan(aws, { ...wanted, platform }), { commit: 'c0ffee', now: () => now });
  return { report, aws };
}

/** What a run did, without names that depend on the prefix. */
function told({ outcomes, calls, plan: { changes } }: Report) {
  return {
    outcomes: outcomes.map(
      ({ algorithm, kind, action, result, reason }) => `${algorithm}: ${action} ${kind} ${result} ${reason.replaceAll(PREFIX, 'mip')}`,
    ),
    fields: changes.flatMap(({ action, fields }) => (action === 'update' ? fields.map(({ path }) => path) : [])),
    calls: calls.map(({ service, operation, count, retries }) => `${service}:${operation} ${count}, ${retries} again`),
  };
}

/** Both clocks stand at the same time, and move a minute from step to step, so that what drains can go. */
let now = new Date(NOW);

describe('on the emulator as in memory', () => {
  const seg = algorithm('seg'); // without cases: on the emulator nobody runs a candidate
  const resized = algorithm('seg', { cpu: 2048, memory: 4096, version: '1.1.0', queue: { max_receives: 5 } });
  const steps: readonly (readonly [string, Input])[] = [
    ['two new algorithms', input([seg, imported('other')])],
    ['nothing new', input([seg, imported('other')])],
    ['a new version in another size', input([resized, imported('other')], { treeHashes: new Map([['seg', treeHash('seg', 2)]]) })],
    ['one that left', input([resized], { treeHashes: new Map([['seg', treeHash('seg', 2)]]) })],
    ['one that left, a minute later', input([resized], { treeHashes: new Map([['seg', treeHash('seg', 2)]]) })],
    ['the same once more', input([resized], { treeHashes: new Map([['seg', treeHash('seg', 2)]]) })],
  ];
  const memory = new MemoryAws();

  it.each(steps)('%s: the same outcomes by the same calls', async (_, wanted) => {
    now = new Date(now.getTime() + 60_000);
    memory.world.now = now.getTime();
    const expected = await run(memory, { ...wanted, platform: { ...wanted.platform, tagPolicy: 'mutable' } });
    const { report } = await reconcile(wanted);
    expect(told(report)).toEqual(told(expected));
    expect(report.ok).toBe(true);
  });

  it('the row can be read back as it was published', async () => {
    const { aws } = await reconcile(steps.at(-1)?.[1] as Input);
    const row = await new Registry(aws.dynamodb, NAMES.table('algorithms')).get('seg');
    expect(row).toMatchObject({ version: '1.1.0', cpu: 2048, tree_hash: treeHash('seg', 2), created_at: '2026-01-01T00:01:00.000Z' });
    expect(row?.image_uri).toMatch(new RegExp(`/${PREFIX}-seg@sha256:[0-9a-f]{64}$`));
    expect(row?.parameters).toEqual(algorithm('seg').parameters);
  });
});

it('the facts of a platform are read where CDK wrote them', async () => {
  const ssm = new SSMClient(emulator.connection);
  await ssm.send(new PutParameterCommand({ Name: NAMES.platformFacts, Type: 'String', Value: JSON.stringify(FACTS) }));
  expect(await readFacts(ssm, NAMES)).toEqual(FACTS);
  await ssm.send(new DeleteParameterCommand({ Name: NAMES.platformFacts }));
});

it('a platform that was not deployed says so', async () => {
  await expect(readFacts(new SSMClient(emulator.connection), NAMES)).rejects.toThrow(
    `There is no platform here (no parameter /${PREFIX}/platform/facts): deploy it with \`mip deploy\`, the local cloud with \`npm start\`.`,
  );
});
