/** Everything that reads: QIDO-RS and WADO-RS. */
import { readBulkData } from './bulk-data.ts';
import { frameRoutes } from './frames.ts';
import { metadataRoutes } from './metadata.ts';
import { renderedRoutes } from './rendered.ts';
import { retrieveRoutes } from './retrieve.ts';
import type { Route } from './route.ts';
import { searchRoutes } from './search.ts';

export const readingRoutes: readonly Route[] = [
  ...searchRoutes,
  ...retrieveRoutes,
  ...metadataRoutes,
  ...frameRoutes,
  ...renderedRoutes,
  readBulkData,
];
