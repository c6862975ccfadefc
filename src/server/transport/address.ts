import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyaddr from 'proxy-addr';
import type { Server } from 'socket.io';
import { ConnectionField } from './connection-field.ts';
import { type EngineConnection, releaseRequest } from './engine.ts';
import { hopsOf, parseAddress } from './forwarded.ts';

/** The address of a connection that is closed already. */
const UNKNOWN = 'unknown';

/** Parts the address of a proxy from the port of its TCP connection. */
const PORT_MARK = '#';

/** Tells the address that a request comes from, for counting what one address does. */
export type AddressReader = (request: IncomingMessage) => string;

/**
 * Reads addresses: behind trusted proxies from X-Forwarded-For, or Forwarded (RFC 7239). Of an IPv6 address it takes the /64,
 * because everybody has at least so many of them.
 *
 * Where a trusted proxy names no address, clients cannot be told apart. One address for all of them would let one client use
 * up what all may do, so each TCP connection of the proxy counts for itself.
 * @param trusted addresses, subnets, or the names `loopback`, `linklocal`, `uniquelocal`
 * @param onUnnamed called for each request for which a trusted proxy names no address
 * @throws TypeError when one of them is none of these
 */
export function addressReader(trusted: readonly string[], onUnnamed = () => {}): AddressReader {
  const trust = proxyaddr.compile([...trusted]);
  return ({ headers, socket }) => {
    let nearest = parseAddress(socket.remoteAddress ?? '');
    if (nearest === null) return UNKNOWN;
    let hops = 0;
    for (const hop of trust(nearest.toString(), 0) ? hopsOf(headers) : []) {
      const address = parseAddress(hop);
      if (address === null) {
        onUnnamed();
        return `${networkOf(nearest)}${PORT_MARK}${socket.remotePort}`;
      }
      nearest = address;
      hops += 1;
      if (!trust(nearest.toString(), hops)) break;
    }
    return networkOf(nearest);
  };
}

function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  // Everybody on one wire has the same /64 of link-local addresses.
  if (address instanceof ipaddr.IPv4 || address.range() === 'linkLocal') return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
}

/** The address without the part that tells TCP connections of a proxy apart, for bounds that must hold for the proxy. */
export function hostOf(address: string): string {
  return address.split(PORT_MARK, 1)[0] ?? address;
}

const addresses = new ConnectionField(UNKNOWN);

/**
 * Remembers the address of each connection, and releases the request that it began with, which would take a fifth of its
 * memory.
 */
export function rememberAddresses(io: Server, addressOf: AddressReader): void {
  io.engine.on('connection', (connection: EngineConnection) => {
    addresses.set(connection, addressOf(connection.request));
    releaseRequest(connection);
  });
}

/** The address of a connection, as it was at its handshake. */
export function addressOfConnection(connection: EngineConnection): string {
  return addresses.get(connection);
}
