/** The AWS clients of a run, connected to the process that plays AWS: the SDK's own, with another `send`, so that kinds run their real code. */
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import type { Aws } from '@mip/reconcile';
import { Calls } from '@mip/reconcile/aws/calls';
import { makeAws } from '@mip/reconcile/aws/clients';
import { publishedByBuild } from '@mip/reconcile/aws/images';
import { type Answered, Lines } from './remote.ts';

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: unknown;
}

class Port {
  readonly calls = new Calls();
  readonly #waiting: Waiting[] = [];
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    const lines = new Lines();
    socket.on('data', (chunk) => {
      for (const line of lines.add(chunk)) this.#hear(JSON.parse(line));
    });
  }

  async send(service: string, client: string, { constructor: { name: command }, input }: Command): Promise<unknown> {
    await this.calls.pass(service, command.replace(/Command$/, ''));
    return new Promise((resolve, reject) => {
      const id = this.#waiting.push({ resolve, reject }) - 1;
      this.#socket.write(`${JSON.stringify({ id, client, command, input })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(answer: Answered): void {
    const { resolve, reject } = this.#waiting[answer.id] as Waiting;
    if ('error' in answer) reject(new Error(answer.error));
    else resolve(answer.output);
  }
}

/** By the fields of `Aws`: the service as IAM spells it. */
const SERVICES = { dynamodb: 'dynamodb', ecr: 'ecr', ecs: 'ecs', iam: 'iam', s3: 's3', sqs: 'sqs', ssm: 'ssm', tagging: 'tag' } as const;

export async function connect(path: string): Promise<{ aws: Aws; close: () => void }> {
  const socket = createConnection(path);
  await once(socket, 'connect');
  const port = new Port(socket);
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const clients = makeAws({ region: 'eu-central-1', credentials }, publishedByBuild);
  for (const [client, service] of Object.entries(SERVICES))
    Object.assign(clients[client as keyof typeof SERVICES], { send: (command: Command) => port.send(service, client, command) });
  return { aws: { ...clients, calls: port.calls }, close: () => port.close() };
}
