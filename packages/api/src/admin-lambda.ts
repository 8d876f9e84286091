import type { NameScope } from '@mip/registry';
import { adminPorts } from './admin-aws.ts';
import { pagesIn } from './docs/pages.ts';
import { type Handler, handlerOf } from './lambda-handler.ts';
import { ADMIN_ROUTES } from './routes/admin.ts';
import { serve } from './server.ts';

export interface AdminOptions extends NameScope {
  readonly maxRequestBytes: number;
  /** How many jobs a client may send in a minute; it may read ten times as often. */
  readonly perMinute: number;
  /** `identity` of the platform, in JSON; empty where it has none. */
  readonly identity: string;
  /** `MIP_CATALOG`: where the catalog is kept, in JSON; empty where the API changes none. */
  readonly catalog: string;
  /** The folder of the files of the documentation page. */
  readonly pages: string;
}

/** A Lambda handler of the routes of the catalog and the document. Call it once, outside the handler: SDK clients and routes are made here. */
export function createAdminHandler({ maxRequestBytes, perMinute, identity, pages, catalog, ...scope }: AdminOptions): Handler {
  const ports = adminPorts(scope, {
    pages: pagesIn(pages),
    catalog,
    limits: { perMinute, openJobs: 0 },
    ...(identity && { identity: JSON.parse(identity) }),
  });
  return handlerOf(serve(ports, ADMIN_ROUTES, { maxRequestBytes }));
}
