import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { createTable } from '../../../tests/tables.ts';
import type { PublishedEntry } from './entry.ts';
import { NotOwned, Registry } from './registry.ts';

const NOW = new Date('2024-01-31T10:00:00.000Z');
const LATER = new Date('2024-01-31T10:05:00.000Z');

let emulator: TestEmulator;
let dynamodb: DynamoDBClient;
let document: DynamoDBDocumentClient;
let table: string;
let registry: Registry;

beforeAll(async () => {
  emulator = await openEmulator();
  dynamodb = new DynamoDBClient(emulator.connection);
  document = DynamoDBDocumentClient.from(dynamodb, { marshallOptions: { removeUndefinedValues: true } });
});
afterAll(() => emulator.stop());

beforeEach(async () => {
  table = `test-${randomUUID()}`;
  await createTable(dynamodb, table, 'algorithm_name');
  registry = new Registry(document, table);
});

function row(algorithm_name: string, over: Partial<PublishedEntry> = {}): PublishedEntry {
  const parameters = { threshold: { type: 'float', default: 81.8 } } as const;
  const contract = { version: '1.0.0', description: 'Finds.', algorithm_type: 'python', parameters } as const;
  const input = { scope: ['instance'], units: 'hu' };
  const output = { kind: 'segmentation', store: ['s3'] };
  return {
    algorithm_name,
    managed_by: 'mip',
    spec_hash: 'sha256:1',
    status: 'active',
    ...contract,
    image_uri: `x@sha256:${'ab'.repeat(32)}`,
    tree_hash: 'sha256:2',
    cpu: 1024,
    memory: 2048,
    timeout: 900,
    scaling: { min: 0, max: 4 },
    architecture: 'amd64',
    input,
    output,
    entry: { name: algorithm_name, ...contract, input, output, license: 'MIT', regulatory: { status: 'research' } },
    queue_url: 'https://sqs/x.fifo',
    service: `mip-${algorithm_name}`,
    commit_sha: 'c0ffee',
    ...over,
  };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('publishing a row', () => {
  it('gives it back in type and value, with its times', async () => {
    await registry.publish(row('seg'), NOW);
    expect(await registry.get('seg')).toEqual({ ...row('seg'), created_at: NOW.toISOString(), updated_at: NOW.toISOString() });
  });

  it('again keeps when it was made and what others wrote, and takes back why it failed', async () => {
    await registry.publish(row('seg'), NOW);
    const Update = {
      UpdateExpression: 'SET scale_override = :held, reason = :reason, #status = :failed',
      ExpressionAttributeNames: { '#status': 'status' },
    };
    const ExpressionAttributeValues = { ':held': { count: 3, until: 'then' }, ':reason': 'it broke', ':failed': 'failed' };
    await document.send(new UpdateCommand({ TableName: table, Key: { algorithm_name: 'seg' }, ...Update, ExpressionAttributeValues }));
    await registry.publish(row('seg', { cpu: 2048 }), LATER);
    const found = await registry.get('seg');
    expect(found).toMatchObject({
      cpu: 2048,
      status: 'active',
      scale_override: { count: 3, until: 'then' },
      created_at: NOW.toISOString(),
      updated_at: LATER.toISOString(),
    });
    expect(found).not.toHaveProperty('reason');
  });

  it('without releases and without a pin takes away those that were there', async () => {
    const pin = { version: '0.9.0', until: '2026-01-01T00:00:00.000Z', by: 'somebody' };
    await registry.publish(row('seg', { releases: [{ version: '0.9.0', yanked: true }], pin }), NOW);
    expect(await registry.get('seg')).toMatchObject({ releases: [{ version: '0.9.0', yanked: true }], pin });
    await registry.publish(row('seg'), LATER);
    expect(await registry.get('seg')).not.toHaveProperty('releases');
    expect(await registry.get('seg')).not.toHaveProperty('pin');
  });

  it('of an image from elsewhere takes the tree hash away', async () => {
    await registry.publish(row('seg'), NOW);
    const { tree_hash: _, ...elsewhere } = row('seg');
    await registry.publish(elsewhere, LATER);
    expect(await registry.get('seg')).not.toHaveProperty('tree_hash');
  });
});

describe('a row of another catalog', () => {
  it.each([
    ['of another', row('seg', { managed_by: 'theirs' })],
    ['of nobody', (({ managed_by: _, ...rest }) => rest)(row('seg'))],
  ])('%s is neither overwritten nor removed', async (_, theirs) => {
    await document.send(new PutCommand({ TableName: table, Item: theirs }));
    await expect(registry.publish(row('seg', { cpu: 2048 }), NOW)).rejects.toThrow(NotOwned);
    await expect(registry.withdraw('seg', 'mip')).rejects.toThrow(NotOwned);
    expect(await registry.get('seg')).toEqual(theirs);
  });
});

describe('withdrawing a row', () => {
  it('removes it, once or twice', async () => {
    await registry.publish(row('seg'), NOW);
    await registry.withdraw('seg', 'mip');
    await registry.withdraw('seg', 'mip');
    expect(await registry.get('seg')).toBeUndefined();
  });
});

describe('many rows', () => {
  it('are read whole by key, by hash, and all', async () => {
    const names = Array.from({ length: 130 }, (_, index) => `seg-${index}`);
    await Promise.all(names.map((name) => registry.publish(row(name), NOW)));
    expect((await registry.getMany([...names, 'none'])).map((one) => one.algorithm_name).sort()).toEqual(names.toSorted());
    const hashes = await collect(registry.hashes());
    expect(hashes).toHaveLength(130);
    expect(hashes).toContainEqual({ algorithm_name: 'seg-7', spec_hash: 'sha256:1', managed_by: 'mip' });
    expect(await collect(registry.all())).toHaveLength(130);
  });
});

describe('a version that was not rolled out', () => {
  const failed = { name: 'seg', owner: 'mip', version: '1.1.0', reason: 'its pixels are wrong' };
  const { queue_url: _queue, spec_hash: _hash, ...unserved } = row('seg', { version: '1.1.0' });

  it('leaves what the row says of the one before, but that it is in sync; a later success takes it back', async () => {
    await registry.publish(row('seg', { conformance: { version: '1.0.0', hash: 'x', cases: { passed: 2, total: 2 }, at: 'then' } }), NOW);
    await registry.fail({ ...failed, unserved }, LATER);
    const { spec_hash: _, ...before } = row('seg');
    const marks = { status: 'failed', reason: failed.reason, failed_version: '1.1.0', updated_at: LATER.toISOString() };
    expect(await registry.get('seg')).toMatchObject({ ...before, ...marks, created_at: NOW.toISOString() });
    expect(await registry.get('seg')).not.toHaveProperty('spec_hash');
    await registry.publish(row('seg', { version: '1.1.0' }), LATER);
    const times = { created_at: NOW.toISOString(), updated_at: LATER.toISOString() };
    expect(await registry.get('seg')).toEqual({ ...row('seg', { version: '1.1.0' }), ...times });
  });

  it('that is the first has a row without a queue, which a second try replaces', async () => {
    await registry.fail({ ...failed, unserved }, NOW);
    const times = { created_at: NOW.toISOString(), updated_at: NOW.toISOString() };
    expect(await registry.get('seg')).toEqual({ ...unserved, ...times, status: 'failed', reason: failed.reason, failed_version: '1.1.0' });
    const { tree_hash: _, ...other } = unserved;
    await registry.fail({ ...failed, version: '1.2.0', unserved: { ...other, version: '1.2.0' } }, LATER);
    expect(await registry.get('seg')).toMatchObject({ version: '1.2.0', failed_version: '1.2.0', created_at: NOW.toISOString() });
    expect(await registry.get('seg')).not.toHaveProperty('tree_hash');
  });

  it('changes no row of another catalog, and makes none out of nothing', async () => {
    await expect(registry.fail(failed, NOW)).rejects.toThrow(NotOwned);
    await registry.publish(row('seg', { managed_by: 'theirs' }), NOW);
    await expect(registry.fail({ ...failed, unserved }, NOW)).rejects.toThrow(NotOwned);
    expect(await registry.get('seg')).toMatchObject({ status: 'active', managed_by: 'theirs' });
  });
});

describe('a pin', () => {
  it('is set and let go of in a row of this catalog alone, and every list of hashes has it', async () => {
    const pin = { version: '0.9.0', until: '2026-01-01T00:00:00.000Z', by: 'somebody' };
    await registry.publish(row('seg'), NOW);
    await registry.pin('seg', 'mip', pin);
    const hashes = [];
    for await (const one of registry.hashes()) hashes.push(one);
    expect(hashes.find(({ algorithm_name }) => algorithm_name === 'seg')).toMatchObject({ pin });
    await expect(registry.pin('seg', 'theirs', null)).rejects.toThrow('no row seg of this catalog');
    await registry.pin('seg', 'mip', null);
    expect(await registry.get('seg')).not.toHaveProperty('pin');
  });
});
