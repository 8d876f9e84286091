import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { PhysicalNames } from '@mip/registry';
import { ClientTable, newClientKey } from '@mip/registry/clients';
import { type EmulatorConnection, readIfThere, writePrivately } from './environment.ts';

/** The first client of a local cloud: its id, and the key that only `<home>` knows in clear. */
export interface LocalClient {
  readonly clientId: string;
  readonly key: string;
}

const CLIENT_ID = 'local';

/** Finds the client of the last start, or makes one; the table only ever holds the key's hash. */
export async function makeClient(home: string, connection: EmulatorConnection, names: PhysicalNames): Promise<LocalClient> {
  const file = join(home, 'client.json');
  const table = new ClientTable(new DynamoDBClient(connection), names.table('clients'));
  const stored = await readIfThere(file);
  const client: LocalClient = stored ? JSON.parse(stored) : { clientId: CLIENT_ID, key: newClientKey() };
  await writePrivately(file, `${JSON.stringify(client)}\n`);
  await table.register(client.key, client.clientId, new Date());
  return client;
}
