import type { NameScope } from '@mip/registry';
import { awsPorts } from './aws.ts';
import { type Handler, handlerOf } from './lambda-handler.ts';
import { parsePacs } from './look/pacs.ts';
import type { Limits } from './ports.ts';
import { ROUTER_ROUTES } from './routes/router.ts';
import { serve } from './server.ts';

export interface RouterOptions extends NameScope {
  readonly maxRequestBytes: number;
  /** The PACSs beside the platform's own store: `MIP_PACS`, a list in JSON. */
  readonly pacs: string;
  /** The name of the PACS that is meant where a request names none; empty for the platform's own store. */
  readonly defaultPacs: string;
  /** `limits.max_image_bytes` of the platform; empty for no limit. */
  readonly maxImageBytes: string;
  /** What a client may ask for where nothing else is said of it. */
  readonly limits: Limits;
  /** For how long a row of the registry is remembered. */
  readonly rowsKeptMs: number;
  /** `identity` of the platform, in JSON; empty where it has none. */
  readonly identity: string;
  /** Where callbacks may go beside public addresses: `MIP_CALLBACKS`, a list in JSON. */
  readonly callbacks: string;
  /** Roles of clients that may override rules on the input: `MIP_OVERRIDE_ROLES`, a list in JSON. */
  readonly overrideRoles: string;
  /** Where clients open a WebSocket. */
  readonly websocketUrl: string;
}

/** A Lambda handler of the router's routes. Call it once, outside the handler: SDK clients and routes are made here. */
export function createHandler(options: RouterOptions): Handler {
  const {
    maxRequestBytes,
    pacs,
    defaultPacs,
    maxImageBytes,
    limits,
    rowsKeptMs,
    identity,
    callbacks,
    overrideRoles,
    websocketUrl,
    ...scope
  } = options;
  const ports = awsPorts(scope, {
    pacs: parsePacs(pacs),
    callbacks: callbacks ? JSON.parse(callbacks) : [],
    overrideRoles: overrideRoles ? JSON.parse(overrideRoles) : [],
    ...(defaultPacs && { defaultPacs }),
    websocketUrl,
    ...(maxImageBytes && { maxImageBytes: Number(maxImageBytes) }),
    ...(identity && { identity: JSON.parse(identity) }),
    limits,
    rowsKeptMs,
  });
  return handlerOf(serve(ports, ROUTER_ROUTES, { maxRequestBytes }));
}
