/** One callback over HTTP: to no address that was not looked at, and with bounds on time and on what is read. */
import { lookup as dnsLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { type Allowed, hostOf, mayGoTo, urlFault } from './address.ts';

/** What came of one try. */
export type Answered =
  | { readonly status: number }
  | { readonly reason: 'refused-address' | 'redirect-refused' | 'no-answer'; readonly status?: number };

export interface Letter {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PostOptions {
  readonly allowed: Allowed;
  /** All addresses of a host; the system's own resolver by default. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** For everything together: 10 seconds by default. */
  readonly milliseconds?: number;
}

const MOST_REDIRECTS = 3;
const MOST_BYTES = 64 * 1024;
/** The redirects that keep the method and the body. */
const REDIRECTS = [307, 308];

/** Posts a letter, following at most three redirects, each looked at like the first address. Never throws. */
export async function post(url: string, letter: Letter, options: PostOptions): Promise<Answered> {
  const signal = AbortSignal.timeout(options.milliseconds ?? 10_000);
  let target = url;
  for (let redirects = 0; ; redirects += 1) {
    if (urlFault(target, options.allowed) !== undefined) return { reason: redirects > 0 ? 'redirect-refused' : 'refused-address' };
    const answer = await postOnce(new URL(target), letter, { ...options, signal }).catch((): Once => ({ reason: 'no-answer' }));
    if (!('location' in answer)) return answer.reason === 'refused-address' && redirects > 0 ? { reason: 'redirect-refused' } : answer;
    const { location, status } = answer;
    if (redirects === MOST_REDIRECTS || !URL.canParse(location, target)) return { reason: 'redirect-refused', status };
    target = new URL(location, target).href;
  }
}

type Once = { status: number; reason?: never } | { location: string; status: number } | { reason: 'refused-address' | 'no-answer' };

/** The name is resolved once, and the connection goes to the address that was looked at, whatever the name says a moment later. */
async function postOnce(
  url: URL,
  letter: Letter,
  { allowed, resolve = addressesOf, signal }: PostOptions & { signal: AbortSignal },
): Promise<Once> {
  const host = hostOf(url);
  const addresses = await orAborted(resolve(host), signal);
  const [address] = addresses;
  if (address === undefined) return { reason: 'no-answer' };
  if (!addresses.every((one) => mayGoTo(one, host, allowed))) return { reason: 'refused-address' };
  const agent = new Agent({ connect: { lookup: pinnedTo(address) }, pipelining: 0 });
  try {
    const { statusCode: status, headers, body } = await request(url, { ...letter, method: 'POST', dispatcher: agent, signal });
    await body.dump({ limit: MOST_BYTES, signal }).catch(() => undefined);
    const { location } = headers;
    return REDIRECTS.includes(status) && typeof location === 'string' ? { status, location } : { status };
  } finally {
    await agent.destroy();
  }
}

function pinnedTo(address: string): LookupFunction {
  const family = address.includes(':') ? 6 : 4;
  return (_host, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family));
}

async function addressesOf(host: string): Promise<readonly string[]> {
  return (await dnsLookup(host, { all: true })).map(({ address }) => address);
}

/** Resolving cannot be stopped, but nobody waits for it any longer. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return Promise.race([work, promise]);
}
