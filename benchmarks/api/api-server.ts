/** The API, or its peer, in a process of its own and where the emulator has it: `api-server.ts mip|bare AWS` says where it listens. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appOf, type Who } from './place.ts';

const [who = 'mip', endpoint = ''] = process.argv.slice(2);
const app = appOf(who as Who, endpoint, false);
await app.ready();
const server = createServer((request, response) => {
  request.url = request.url?.replace(/^\/_aws\/execute-api\/[^/]+\/[^/]+/, '') ?? '/';
  app.routing(request, response);
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().on('end', () => process.exit(0));
