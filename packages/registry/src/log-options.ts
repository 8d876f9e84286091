/** How the API and the image store write their logs, as options of pino: lines that hold nothing of a request but its method and its route. Pure. */
import { errorSummary } from './failures.ts';

/** The part of a Fastify request that a line may hold. */
interface Routed {
  readonly method: string;
  readonly routeOptions?: { readonly url?: string | undefined };
}

export function logOptions(level: string) {
  return {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // Fastify's own lines name a request, a reply or an error under these keys.
    serializers: { req: requestSummary, res: () => undefined, err: errorSummary },
  };
}

/** The path as a pattern: what stands in it can be an id. */
export function requestSummary({ method, routeOptions }: Routed) {
  return { method, route: routeOptions?.url ?? 'unknown' };
}
