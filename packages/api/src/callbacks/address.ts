/** Where a callback may go. Pure: names are resolved by whoever calls, and every address that they have is asked about here. */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Host names, addresses and CIDRs beside the public ones: `callbacks.allow` of the platform file. To these http is allowed too. */
export type Allowed = readonly string[];

/** As long as the URL of a callback may be. */
export const MOST_CHARACTERS = 2048;

/** What is wrong with a URL, whatever its host resolves to; undefined where nothing is. No sentence repeats it. */
export function urlFault(text: unknown, allowed: Allowed): string | undefined {
  if (typeof text !== 'string' || text.length > MOST_CHARACTERS || !URL.canParse(text))
    return `has to be a URL of at most ${MOST_CHARACTERS} characters`;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'has to be an https URL';
  if (url.username || url.password) return 'has to have no user name and no password in it';
  const host = hostOf(url);
  const named = isNamed(host, allowed);
  if (url.protocol === 'http:' && !named) return 'has to be https: this platform allows http to no such host';
  if (ipaddr.isValid(host) && !mayGoTo(host, host, allowed))
    return 'names an address that is not public, and this platform does not allow it';
  return undefined;
}

/** Whether a connection may be opened to an address that a host has. */
export function mayGoTo(address: string, host: string, allowed: Allowed): boolean {
  return isIP(address) !== 0 && (isPublic(address) || isNamed(host, allowed) || isNamed(address, allowed));
}

/** Without the brackets of an IPv6 address and without the dot that ends a whole name. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** Of IPv6 only what is handed out (2000::/3), and of that nothing which carries another address in it or leads nowhere. */
function isPublic(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(ipaddr.parseCIDR('2000::/3') as [ipaddr.IPv6, number]);
}

function isNamed(host: string, allowed: Allowed): boolean {
  const address = ipaddr.isValid(host) ? ipaddr.process(host) : undefined;
  return allowed.some((one) => one === host || (address !== undefined && isWithin(address, one)));
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, range: string): boolean {
  if (ipaddr.isValid(range)) return ipaddr.process(range).toNormalizedString() === address.toNormalizedString();
  if (!ipaddr.isValidCIDR(range)) return false;
  const [network, bits] = ipaddr.parseCIDR(range);
  return network.kind() === address.kind() && address.match([network, bits] as [ipaddr.IPv4, number] & [ipaddr.IPv6, number]);
}
