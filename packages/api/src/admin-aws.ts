/** The ports of the catalog's Lambda on AWS; `aws.ts` has the router's. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ClientTable, cachedClients, type NameScope, physicalNames, Registry } from '@mip/registry';
import { type Identity, Tokens } from '@mip/registry/identity/tokens';
import { cachedAdminKeys, readAdminKeys } from './admin-keys.ts';
import { administrationPorts } from './administration/aws.ts';
import type { Pages } from './docs/pages.ts';
import { PATIENCE } from './patience.ts';
import type { AdminPorts, Limits } from './ports.ts';

export interface AdminAwsOptions {
  readonly pages: Pages;
  /** As the router has them. */
  readonly identity?: Identity;
  readonly limits?: Limits;
  /** `MIP_CATALOG`: where the catalog is kept, in JSON; empty where the API changes none. */
  readonly catalog: string;
  /** Where AWS is not found by the SDK's own means, as in a test. */
  readonly connection?: Pick<SSMClientConfig, 'endpoint' | 'credentials'>;
}

export function adminPorts(scope: NameScope, { pages, catalog, identity, limits, connection = {} }: AdminAwsOptions): AdminPorts {
  const names = physicalNames(scope);
  const config = { ...connection, region: scope.region, ...PATIENCE };
  const dynamodb = new DynamoDBClient(config);
  const ssm = new SSMClient(config);
  const now = () => new Date();
  return {
    ...administrationPorts(scope, { catalog, connection, now }),
    clients: cachedClients(new ClientTable(dynamodb, names.table('clients')), now),
    ...(identity && { tokens: Tokens.of(identity, now) }),
    ...(limits && { limits }),
    adminKeys: cachedAdminKeys(() => readAdminKeys(ssm, [names.adminKey, names.previousAdminKey]), now),
    registry: new Registry(DynamoDBDocumentClient.from(dynamodb), names.table('algorithms')),
    pages,
    now,
  };
}
