import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import proxyaddr from 'proxy-addr';
import type { Server } from 'socket.io';
import { ConnectionField } from './connection-field.ts';
import { type EngineConnection, releaseRequest } from './engine.ts';

/** Tells the address that a request comes from, for counting what one address does. */
export type AddressReader = (request: IncomingMessage) => string;

/**
 * Reads addresses: behind trusted proxies from X-Forwarded-For. Of an IPv6 address it takes the /64, because everybody
 * has at least so many of them.
 * @param trusted addresses, subnets, or the names `loopback`, `linklocal`, `uniquelocal`
 * @throws TypeError when one of them is none of these
 */
export function addressReader(trusted: readonly string[]): AddressReader {
  const trust = proxyaddr.compile([...trusted]);
  return (request) => {
    const text = proxyaddr(request, trust);
    if (!text || !ipaddr.isValid(text)) return 'unknown';
    const address = ipaddr.process(text);
    if (address.kind() === 'ipv4') return address.toString();
    return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString()}/64`;
  };
}

const addresses = new ConnectionField('unknown');

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
