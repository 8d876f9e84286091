/**
 * Application Auto Scaling, which the emulator lacks: the calls that reconcile makes, over HTTP on loopback (AWS JSON 1.1), and on the
 * emulator's ECS what they ask for.
 */
import { join } from 'node:path';
import { DescribeServicesCommand, ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import Fastify from 'fastify';
import type { EmulatorConnection } from './environment.ts';
import { type ScaledServices, scalingOperations } from './scaling-operations.ts';
import { type Input, ScalingRefusal, ScalingTargets } from './scaling-targets.ts';

export interface ScalingOptions {
  readonly home: string;
  readonly connection: EmulatorConnection;
}

/** What is scaled in one region. */
export interface ScalingRegion {
  readonly targets: ScalingTargets;
  readonly services: ScaledServices;
}

export interface ScalingServer extends ScalingRegion {
  /** What clients are told instead of the emulator. */
  readonly url: string;
  stop(): Promise<void>;
}

const JSON_TYPE = 'application/x-amz-json-1.1';

export async function startScaling({ home, connection }: ScalingOptions): Promise<ScalingServer> {
  const regions = new Map<string, Promise<ScalingRegion>>();
  const open = async (region: string): Promise<ScalingRegion> => ({
    targets: await ScalingTargets.open(join(home, `scaling.${region}.json`)),
    services: ecsServices(new ECSClient({ ...connection, region })),
  });
  const regionOf = (region: string) => {
    const opened = regions.get(region) ?? open(region);
    regions.set(region, opened);
    return opened;
  };
  const server = Fastify({ forceCloseConnections: true });
  server.addContentTypeParser(JSON_TYPE, { parseAs: 'string' }, server.getDefaultJsonParser('ignore', 'ignore'));
  server.post('/', async (request, reply) => {
    const name = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const { targets, services } = await regionOf(signedFor(request.headers.authorization) ?? connection.region);
    reply.type(JSON_TYPE);
    try {
      const operation = scalingOperations(targets, services)[name];
      if (!operation) throw new ScalingRefusal('UnknownOperationException', `the local cloud has no ${name}`);
      return JSON.stringify(await operation((request.body ?? {}) as Input));
    } catch (error) {
      if (!(error instanceof ScalingRefusal)) throw error;
      reply.code(400);
      return JSON.stringify({ __type: error.code, Message: error.message });
    }
  });
  const own = await regionOf(connection.region);
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url, ...own, stop: () => server.close() };
}

/** The region in a request's signature. */
function signedFor(authorization: string | undefined): string | undefined {
  return /Credential=[^/]+\/\d+\/([^/]+)\//.exec(authorization ?? '')?.[1];
}

function ecsServices(ecs: ECSClient): ScaledServices {
  return {
    async desired(resource) {
      const [, cluster, service = ''] = resource.split('/');
      const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
      return services.find(({ status }) => status === 'ACTIVE')?.desiredCount;
    },
    async setDesired(resource, desiredCount) {
      const [, cluster, service] = resource.split('/');
      await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount }));
    },
  };
}
