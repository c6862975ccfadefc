import { Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Finds all addresses of a name. @throws where it has none, or the name servers do not answer */
type FindAddresses = (name: string) => Promise<readonly string[]>;

/** The internet as this server reaches it. */
export interface Internet {
  readonly find: FindAddresses;
  /** Decides about an address. */
  readonly isPublic: (address: string) => boolean;
  /** Authorities that vouch for receivers, in PEM; those that Node knows where it is left out. */
  readonly ca?: string;
}

/** The address of an endpoint is none that everybody on the internet can reach. */
export class NotPublic extends Error {
  override name = 'NotPublic';
  override message = 'The endpoint must have a public address, and no other.';
}

/** Names of this machine or its network: RFC 6761, RFC 6762, RFC 8375, and `internal`, which ICANN keeps for private use. */
const PRIVATE_NAME = /(?:^|\.)(?:localhost|local|internal|home\.arpa)$/;

/** The global unicast addresses of IPv6 (RFC 4291, 2.4). Outside of them are forms that hold an IPv4 address, such as `::127.0.0.1`. */
const GLOBAL_UNICAST: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/** NAT64 (RFC 6052, 2.1): the last 32 bits are an IPv4 address. Hosts without IPv4 reach all of IPv4 by it. */
const NAT64: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('64:ff9b::'), 96];

/** Whether an address is one that everybody on the internet can reach: not private, of this machine, or of a special use. */
export function isPublicAddress(text: string): boolean {
  if (isIP(text) === 0 || text.includes('%')) return false;
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().range() === 'unicast';
  if (address.match(NAT64)) return new ipaddr.IPv4(address.toByteArray().slice(12)).range() === 'unicast';
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast';
}

/**
 * Why a URL cannot be an endpoint that REST makes, as a sentence; null where nothing in its text forbids it. URL has
 * read all forms of IPv4 already: 2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1.
 */
export function problemOfPublicUrl(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.protocol !== 'https:')
    return 'The url must be an https URL, such as https://www.example.com/hook.';
  if (url.username !== '' || url.password !== '') return 'The url must have no user name and no password.';
  if (url.hash !== '') return 'The url must have no part after #.';
  const host = hostOf(url);
  const isFine = isIP(host) === 0 ? host.includes('.') && !PRIVATE_NAME.test(host) : isPublicAddress(host);
  return isFine ? null : new NotPublic().message;
}

/** The host of a URL, an IPv6 address without its brackets, a name without the dot at its end. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/**
 * Makes the look-up of requests that must reach public addresses alone. It checks all addresses that a name has, since one
 * private address among public ones is an attack or a mistake; and Node connects to these very addresses, so there is no
 * second look-up that could find others (DNS rebinding). Node looks up no address that stands in the URL itself.
 */
export function publicLookup({ find, isPublic }: Internet): LookupFunction {
  return (name, options, callback) => {
    find(name)
      .then((addresses) => {
        if (!addresses.every(isPublic)) throw new NotPublic();
        const found = addresses.map((address) => ({ address, family: isIP(address) }));
        const [first] = found;
        if (!first) throw Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' });
        if (options.all) callback(null, found);
        else callback(null, first.address, first.family);
      })
      .catch((error: NodeJS.ErrnoException) => callback(error, ''));
  };
}

/**
 * Whether a name leads to a private address today, as a sentence. A name that has no address yet may get one; each
 * attempt checks again.
 */
export async function problemOfName(url: URL, { find, isPublic }: Internet): Promise<string | null> {
  const host = hostOf(url);
  if (isIP(host) !== 0) return null;
  const addresses = await find(host).catch(() => []);
  return addresses.every((address) => isPublic(address)) ? null : new NotPublic().message;
}

/**
 * Asks the name servers. Unlike dns.lookup it occupies no thread while they do not answer, so an endpoint with bad
 * name servers delays no other; and it does not know /etc/hosts, which names no public address.
 * @param timeoutMs for each of two questions
 */
export function nameServers(timeoutMs: number): FindAddresses {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  return async (name) => {
    const [v4, v6] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const found = [v4, v6].flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    if (found.length === 0 && v4.status === 'rejected') throw v4.reason;
    return found;
  };
}
