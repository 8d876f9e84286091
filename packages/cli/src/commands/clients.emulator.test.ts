/** `mip clients` against an emulator: what it prints is what the router and the notifier find. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readCallbackSecret } from '@mip/api/callbacks/secret-store';
import { ClientTable, ConnectionTable, hashClientKey, validSecrets } from '@mip/registry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EmulatedPlatform } from '../testing/emulated-platform.ts';
import { add } from './clients.ts';

let platform: EmulatedPlatform;
let clients: ClientTable;
let connections: ConnectionTable;

beforeAll(async () => {
  platform = await EmulatedPlatform.open();
  clients = new ClientTable(platform.dynamodb, platform.names.table('clients'));
  await platform.createTable('clients', 'key_hash');
  connections = new ConnectionTable(platform.dynamodb, platform.names.table('connections'));
  await platform.createTable('connections', 'client_id', 'row');
});
afterAll(() => platform.close());

async function mip(...words: readonly string[]) {
  const { printed, failed } = await platform.mip(add, ...words);
  return { printed: printed.join('\n'), failed };
}

const json = async (...words: readonly string[]) => JSON.parse((await mip('--json', 'clients', ...words)).printed);

it('a client has a key, another one, a secret and limits, and then no key', async () => {
  const { key: first } = await json('add', 'viewer');
  expect(await clients.find(first)).toMatchObject({ client_id: 'viewer' });
  expect((await mip('clients', 'add', 'viewer')).failed).toContain('already');

  const { secret: old } = await json('secret', 'viewer');
  const { secret } = await json('secret', 'viewer', '--grace', '2');
  const stored = await readCallbackSecret(new SecretsManagerClient(platform.emulator.connection), platform.names.callbackSecret('viewer'));
  expect(stored && validSecrets(stored, new Date())).toEqual([secret, old]);
  expect(await clients.find(first)).toMatchObject({ signs_callbacks: true });

  expect(await json('limit', 'viewer', '--per-minute', '60')).toEqual({ client_id: 'viewer', limits: { per_minute: 60 } });
  expect(await json('limit', 'viewer', '--concurrent', '4')).toMatchObject({ limits: { per_minute: 60, concurrent: 4 } });
  const { key: second } = await json('rotate', 'viewer', '--grace', '0');
  expect([await clients.find(first), (await clients.find(second))?.limits]).toEqual([undefined, { per_minute: 60, concurrent: 4 }]);

  const { printed } = await mip('clients', 'list');
  expect(printed).toContain('60 jobs in a minute, 4 open');
  for (const kept of [first, second, secret, old]) expect(printed).not.toContain(kept);
  await connections.open({ client_id: 'viewer', connection_id: 'one', key_hash: hashClientKey(second) }, new Date());
  expect(await json('revoke', 'viewer')).toEqual({ client_id: 'viewer', revoked: 1 });
  expect(await clients.find(second)).toBeUndefined();
  expect(await connections.of('viewer', new Date())).toMatchObject([{ allowed_until: '1970-01-01T00:00:00.000Z' }]);
  expect(await json('list')).toMatchObject({ clients: [{ client_id: 'viewer', keys: 0, region: 'eu-central-1' }] });
});

it('a client has roles from the start, gets others and loses them, on every key', async () => {
  const { key } = await json('add', 'reader', '--role', 'radiologist');
  expect((await clients.find(key))?.roles).toEqual(['radiologist']);
  expect(await json('role', 'reader', '--add', 'physicist', 'urn:clinic/chief')).toMatchObject({
    roles: ['physicist', 'radiologist', 'urn:clinic/chief'],
  });
  const { key: second } = await json('rotate', 'reader');
  expect(await json('role', 'reader', '--remove', 'radiologist', 'urn:clinic/chief')).toMatchObject({ roles: ['physicist'] });
  expect([(await clients.find(key))?.roles, (await clients.find(second))?.roles]).toEqual([['physicist'], ['physicist']]);
  expect((await mip('clients', 'list')).printed).toContain('physicist');
  expect((await mip('clients', 'role', 'reader', '--remove', 'physicist')).failed).toBe(undefined);
  expect((await clients.find(second))?.roles).toEqual([]);
  await json('limit', 'reader', '--concurrent', '1');
  expect((await clients.find(second))?.roles).toEqual([]);
});

it.each([
  [['role', 'viewer'], 'say which'],
  [['role', 'nobody', '--add', 'radiologist'], 'there is no client nobody'],
  [['role', 'viewer', '--add', 'a b'], 'a role has'],
  [['add', 'other', '--role', '-'], 'a role has'],
  [['rotate', 'nobody'], 'there is no client nobody'],
  [['secret', 'nobody'], 'there is no client nobody'],
  [['limit', 'viewer'], 'say what to limit'],
  [['limit', 'viewer', '--concurrent', 'many'], 'give a whole number'],
  [['rotate', 'viewer', '--grace', 'long'], 'give whole hours'],
  [['add', 'a b'], 'a client has a name'],
])('%j says what is wrong', async (words, sentence) => {
  expect((await mip('clients', ...words)).failed).toContain(sentence);
});
