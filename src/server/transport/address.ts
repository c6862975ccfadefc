import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyaddr from 'proxy-addr';
import type { Server } from 'socket.io';
import { type EngineConnection, forgetRequest } from './engine.ts';

/**
 * Tells which address a request comes from, for counting what one address does. Behind proxies that are trusted it
 * is what they say in X-Forwarded-For. Of an IPv6 address it is the /64, because everybody has that many at least.
 * @param trusted addresses, subnets, or the names `loopback`, `linklocal`, `uniquelocal`
 * @throws TypeError when one of them is none of these
 */
export function addressReader(trusted: readonly string[]): (request: IncomingMessage) => string {
  const trust = proxyaddr.compile([...trusted]);
  return (request) => {
    const text = proxyaddr(request, trust);
    if (!text || !ipaddr.isValid(text)) return 'unknown';
    const address = ipaddr.process(text);
    if (address.kind() === 'ipv4') return address.toString();
    return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
  };
}

/**
 * Remembers where each connection comes from, and lets go of all else of the request it began with, which would take a
 * fifth of its memory.
 */
export function rememberAddresses(
  io: Server,
  addressOf: (request: IncomingMessage) => string,
): (connection: EngineConnection) => string {
  const addresses = new WeakMap<EngineConnection, string>();
  io.engine.on('connection', (connection: EngineConnection) => {
    addresses.set(connection, addressOf(connection.request));
    forgetRequest(connection);
  });
  return (connection) => addresses.get(connection) ?? 'unknown';
}
