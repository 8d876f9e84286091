/**
 * An AWS in a process of its own: what it holds is not in MIP's memory, what it does is not in MIP's time, and what it says takes as long to
 * arrive as words take. `aws-answers.ts prepare REPOSITORY FILE` writes what it holds once the catalog is applied; `aws-answers.ts serve FILE
 * SOCKET` answers on a local socket until its standard input ends.
 */
import { createServer, type Socket } from 'node:net';
import type { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import { awsHolding, holdApplied } from './held-aws.ts';
import { type Answered, type Asked, Lines } from './remote.ts';

type Client = { send(command: object): Promise<unknown> };

async function answer(aws: MemoryAws, { id, client, command, input }: Asked): Promise<Answered> {
  try {
    const { send } = aws[client as 'ecs'] as unknown as Client;
    return { id, output: await send({ constructor: { name: command }, input }) };
  } catch (error) {
    return { id, error: String(error) };
  }
}

function serve(file: string, socketPath: string): void {
  const aws = awsHolding(file);
  aws.world.copy = (value) => value; // an answer is written down at once
  const server = createServer((socket: Socket) => {
    const lines = new Lines();
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      for (const line of lines.add(chunk)) void answer(aws, JSON.parse(line)).then((one) => socket.write(`${JSON.stringify(one)}\n`));
    });
  });
  server.listen(socketPath, () => process.stdout.write('ready\n'));
  process.stdin.resume().on('end', () => process.exit(0));
}

const [verb = '', from = '', to = ''] = process.argv.slice(2);
if (verb === 'prepare') void holdApplied(from, to);
else serve(from, to);
