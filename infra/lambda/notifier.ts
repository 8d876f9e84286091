/** Lambda entry point of the notifier. */

import { createNotifier } from '@mip/api/notifier-lambda';
import { notifierParts } from '@mip/api/notifier-ports';
import { awsPush } from '@mip/api/websocket/aws';
import { readScope } from '@mip/registry/scope';

const { MIP_CALLBACKS = '[]', MIP_CONNECTIONS_URL = '' } = process.env;

const scope = readScope(process.env);
const connections = { push: awsPush(scope, { connectionsUrl: MIP_CONNECTIONS_URL }) };
export const handler = createNotifier(notifierParts(scope, { connections, allowed: JSON.parse(MIP_CALLBACKS) }));
