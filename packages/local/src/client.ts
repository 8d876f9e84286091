import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readCallbackSecret, writeCallbackSecret } from '@mip/api/callbacks/secret-store';
import { ClientAdmin, nextCallbackSecret, type PhysicalNames } from '@mip/registry';
import { ClientTable, newClientKey } from '@mip/registry/clients';
import { type EmulatorConnection, readIfThere, writePrivately } from './environment.ts';

/** The first client of a local cloud: its id, and the key that only `<home>` knows in clear. */
export interface LocalClient {
  readonly clientId: string;
  readonly key: string;
}

/** With what its callbacks are signed. */
export interface SigningClient extends LocalClient {
  readonly callbackSecret: string;
}

const CLIENT_ID = 'local';

/** Finds the client of the last start, or makes one; the table only ever holds the key's hash. */
export async function makeClient(home: string, connection: EmulatorConnection, names: PhysicalNames): Promise<SigningClient> {
  const file = join(home, 'client.json');
  const table = new ClientTable(new DynamoDBClient(connection), names.table('clients'));
  const stored = await readIfThere(file);
  const client: LocalClient = stored ? JSON.parse(stored) : { clientId: CLIENT_ID, key: newClientKey() };
  await writePrivately(file, `${JSON.stringify(client)}\n`);
  await table.register(client.key, client.clientId, new Date());
  return { ...client, callbackSecret: await signing(client.clientId, connection, names) };
}

/** The secret of the last start where the emulator still has it. */
async function signing(clientId: string, connection: EmulatorConnection, names: PhysicalNames): Promise<string> {
  const secrets = new SecretsManagerClient(connection);
  const id = names.callbackSecret(clientId);
  const secret = (await readCallbackSecret(secrets, id)) ?? nextCallbackSecret(undefined, new Date());
  await writeCallbackSecret(secrets, id, secret);
  const tables = { clients: names.table('clients'), connections: names.table('connections') };
  await new ClientAdmin(new DynamoDBClient(connection), tables).set(clientId, { signs_callbacks: true }, new Date());
  return secret.current;
}
