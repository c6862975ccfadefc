import type { IncomingHttpHeaders } from 'node:http';
import ipaddr from 'ipaddr.js';

/** One element of Forwarded: pairs of a token and a token or quoted text, parted by semicolons (RFC 7239, 4). */
const ELEMENT = /(?:[^",]|"(?:[^"\\]|\\.)*")+/g;
const FOR = /(?:^|;)\s*for\s*=\s*("(?:[^"\\]|\\.)*"|[^;"\s]*)/i;

/**
 * The hops that proxies have written down, the nearest one first; each is an address or a text that is none.
 *
 * Forwarded counts only where there is no X-Forwarded-For: most proxies write that one alone, and pass on whatever else a
 * client makes up.
 */
export function hopsOf(headers: IncomingHttpHeaders): string[] {
  // Node joins several lines of one name by commas, but a list of its own is what its types allow.
  const text = (name: string) => [headers[name] ?? []].flat().join(',');
  const written = text('x-forwarded-for').split(',').map(unquoted);
  const hops = written.filter((hop) => hop !== '');
  const elements = hops.length > 0 ? [] : (text('forwarded').match(ELEMENT) ?? []);
  return [...hops, ...elements.map((element) => unquoted(FOR.exec(element)?.[1] ?? ''))].reverse();
}

function unquoted(text: string): string {
  const trimmed = text.trim();
  return /^".*"$/s.test(trimmed) ? trimmed.slice(1, -1).replace(/\\(.)/gs, '$1').trim() : trimmed;
}

/**
 * Reads an address in any form in which proxies write it: with a port, in brackets, with a zone (RFC 4007), or IPv4 within
 * IPv6 (RFC 4291, 2.5.5.2; RFC 6052; RFC 7915).
 * @returns null for everything else, such as `unknown` and the made-up names of RFC 7239, 6.3
 */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const [, bracketed] = /^\[([^\]]*)\](?::\S*)?$/.exec(text) ?? [];
  const [, ipv4] = /^(\d+(?:\.\d+){3})(?::\S*)?$/.exec(text) ?? [];
  const [bare = ''] = (bracketed ?? ipv4 ?? text).split('%');
  // ipaddr.js takes numbers such as 1 for an address too, which no proxy means.
  if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return ipaddr.IPv4.parse(bare);
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return null;
  const address = ipaddr.IPv6.parse(bare);
  const holdsIpv4 = address.isIPv4MappedAddress() || /^rfc(?:6052|6145)$/.test(address.range());
  return holdsIpv4 ? new ipaddr.IPv4(address.toByteArray().slice(-4)) : address;
}
