import type { NameScope } from '@mip/registry';
import type { DestinationStream } from 'pino';
import { createLogger } from './middleware/log.ts';
import { type Swept, sweep } from './sweeper.ts';
import { sweeperPorts } from './sweeper-ports.ts';

/** A Lambda handler that sweeps once a call, whatever the event, and logs what it did where it did something. */
export function createSweeper(scope: NameScope, log?: DestinationStream): () => Promise<Swept> {
  const ports = sweeperPorts(scope);
  const logger = createLogger('info', log);
  return async () => {
    const swept = await sweep(ports);
    const level = swept.buried > 0 || swept.stranded > 0 ? 'warn' : 'info';
    logger[level](swept, 'swept');
    return swept;
  };
}
