/** What the administration needs from outside, beside the keys. */
import type { CatalogStore } from '@mip/catalog/store';
import type { ImageName } from './image.ts';
import type { RunHistory } from './runs.ts';

export interface AdministrationPorts {
  readonly catalog: CatalogStore;
  readonly registries: {
    /** The digest behind an image's tag, or its own; nothing where its registry, an ECR, has no such image. */
    digest(image: ImageName): Promise<string | undefined>;
  };
  readonly runs: RunHistory;
}
