/** How often a client may ask: what it sends is counted over all processes, what it reads in each process alone. */
import type { Client } from '@mip/registry';
import type { FastifyReply, onRequestAsyncHookHandler } from 'fastify';
import type { Limits, Ports } from '../ports.ts';
import type { KeyPorts } from './authenticate.ts';
import { Problem } from './problem.ts';

/** A client that may send so many jobs may ask for more of what became of them, in each process. */
const READS_PER_REQUEST = 10;
const MINUTE_SECONDS = 60;
export const NO_LIMITS: Limits = { perMinute: 0, openJobs: 0 };

/** What holds for a client: its own limits, and the platform's where it has none. */
export function limitsOf({ limits = {} }: Pick<Client, 'limits'>, { perMinute, openJobs }: Limits): Limits {
  return { perMinute: limits.per_minute ?? perMinute, openJobs: limits.concurrent ?? openJobs };
}

/** Lets a client's request pass while its minute has room; otherwise 429, before the body is read. Goes after `authenticate`. */
export function limitRate(ports: KeyPorts, method: string): onRequestAsyncHookHandler {
  const here = new CountsHere();
  return async (request, reply) => {
    if (!request.client) return; // the administrator
    const { perMinute } = limitsOf(request.client, ports.limits ?? NO_LIMITS);
    if (perMinute === 0) return;
    const now = ports.now();
    const [counts, most] = method === 'POST' ? [ports.rates ?? here, perMinute] : [here, perMinute * READS_PER_REQUEST];
    const left = await counts.take(request.client.client_id, most, now);
    const seconds = MINUTE_SECONDS - (Math.floor(now.getTime() / 1000) % MINUTE_SECONDS);
    if (method === 'POST') tell(reply, most, left ?? 0, seconds);
    if (left === undefined) throw tooMany(most, seconds);
  };
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10. */
function tell(reply: FastifyReply, most: number, left: number, seconds: number): void {
  reply.headers({ 'ratelimit-policy': `"requests";q=${most};w=${MINUTE_SECONDS}`, ratelimit: `"requests";r=${left};t=${seconds}` });
}

function tooMany(most: number, seconds: number): Problem {
  const detail = `You have sent ${most} requests in this minute, as many as you may. Go on in ${seconds} s.`;
  return new Problem(429, detail, { headers: { 'retry-after': String(seconds) } });
}

/** Requests of this minute, of this process. */
class CountsHere implements Pick<Ports['rates'], 'take'> {
  readonly #counts = new Map<string, number>();
  #minute = 0;

  async take(clientId: string, most: number, now: Date): Promise<number | undefined> {
    const minute = Math.floor(now.getTime() / (MINUTE_SECONDS * 1000));
    if (minute !== this.#minute) this.#counts.clear();
    this.#minute = minute;
    const count = (this.#counts.get(clientId) ?? 0) + 1;
    if (count > most) return undefined;
    this.#counts.set(clientId, count);
    return most - count;
  }
}
