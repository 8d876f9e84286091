/** Who makes the images of the local cloud: the packer, or the container engine that it runs with. */
import type { Algorithm } from '@mip/catalog';
import type { ImagePublisher } from '@mip/reconcile';
import { engineIn, type Variables } from './container-engine.ts';
import { ContainerPublisher } from './container-publisher.ts';
import { LocalPublisher } from './pack.ts';

export interface PublisherOptions {
  readonly root: string;
  readonly endpoint: string;
  readonly algorithms: readonly Algorithm[];
  /** As the local cloud wrote it down. */
  readonly environment: Variables;
}

export function publisherOf({ environment, ...options }: PublisherOptions): ImagePublisher {
  const engine = engineIn(environment);
  return engine ? new ContainerPublisher({ ...options, engine }) : new LocalPublisher(options);
}
