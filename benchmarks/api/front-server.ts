/** The front of the local cloud in a process of its own: `front-server.ts API` says where it listens. */
import { startFront } from '@mip/local/front';
import getPort from 'get-port';

const front = await startFront({
  port: await getPort({ host: '127.0.0.1' }),
  endpoint: process.argv[2] ?? '',
  apiId: 'bench',
  imageStore: () => undefined,
});
process.stdout.write(`${front.url}\n`);
process.stdin.resume().on('end', () => process.exit(0));
