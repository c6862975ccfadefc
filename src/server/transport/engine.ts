import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server, Socket } from 'socket.io';
import type { WebSocket } from 'ws';

// Private members of Engine.IO, Socket.IO and ws that the guards need. The server checks at its start that it knows the
// versions of these packages. A new use of a private member has to be named there (known-versions.ts).

/** A connection of Engine.IO, which Socket.IO's sockets are on. */
export type EngineConnection = Socket['conn'];
type Transport = EngineConnection['transport'];

/** A request as Engine.IO's middleware sees it. */
export type EngineRequest = IncomingMessage & { readonly _query: { readonly sid?: string } };

/** The transport of polling. */
export interface Polling {
  /** Decodes the body of a request. */
  onData(payload: string | Buffer): void;
}

/** The WebSocket under a transport; polling has none. */
export function webSocketOf(transport: Transport): WebSocket | undefined {
  return (transport as { socket?: WebSocket }).socket;
}

/** Whether Engine.IO waits for a pong and takes the next packet of any kind as a sign that the client lives. */
export function awaitsSignOfLife(connection: EngineConnection): boolean {
  const { pingTimeoutTimer, hasRefreshedPingTimeout } = connection as unknown as {
    pingTimeoutTimer: object | null;
    hasRefreshedPingTimeout: boolean;
  };
  return connection.protocol !== 3 && pingTimeoutTimer !== null && !hasRefreshedPingTimeout;
}

/** The transport, where it is polling. */
export function pollingOf({ transport }: EngineConnection): Polling | null {
  return transport.name === 'polling' ? (transport as unknown as Polling) : null;
}

/** The connection that a request names by its session id. */
export function connectionOf(io: Server, { _query }: EngineRequest): EngineConnection | undefined {
  const { clients } = io.engine as unknown as { clients: Readonly<Record<string, EngineConnection>> };
  const { sid = '' } = _query;
  // A client chooses the session: `__proto__` must not find what every object has.
  return Object.hasOwn(clients, sid) ? clients[sid] : undefined;
}

/** Releases the request that a connection began with, as Socket.IO's documentation advises. */
export function releaseRequest(connection: EngineConnection): void {
  (connection as { request: IncomingMessage | null }).request = null;
}

/**
 * Releases the response that Engine.IO makes for a WebSocket's handshake. It is there for middleware of a kind that this
 * server has none of, listens for the end of the socket, and keeps the request as long as the WebSocket lasts.
 */
export function releaseHandshakes(io: Server, http: HttpServer): void {
  const former = new WeakMap<IncomingMessage, number>();
  http.prependListener('upgrade', (request, socket) => former.set(request, socket.listenerCount('close')));
  io.engine.use((request: IncomingMessage, _: unknown, next: () => void) => {
    const { socket } = request;
    const ofAnswer = former.has(request) ? socket.listeners('close').slice(former.get(request)) : [];
    for (const listener of ofAnswer) socket.removeListener('close', listener as () => void);
    next();
  });
}

/** What Engine.IO does with a connection that ends, and with one that was silent. */
interface Ending {
  onClose(reason: string, description?: unknown): void;
  resetPingTimeout(): void;
  sendPacket(type: 'ping' | 'pong'): void;
}

/**
 * Asks before Engine.IO closes a connection of its own accord. All connections share one function, which takes less memory.
 * @param mayClose with the reason, such as `ping timeout`
 */
export function interceptClose(io: Server, mayClose: (connection: EngineConnection, reason: string) => boolean): void {
  function closeIfAllowed(this: Ending, reason: string, description?: unknown): void {
    if (!mayClose(this as unknown as EngineConnection, reason)) return;
    (Object.getPrototypeOf(this) as Ending).onClose.call(this, reason, description);
  }
  io.engine.on('connection', (connection: Ending) => {
    connection.onClose = closeIfAllowed;
  });
}

/**
 * Has Engine.IO wait as long for a sign of life as it does after a ping, and gives one: the client would otherwise take the
 * server for silent.
 */
export function waitForSignOfLife(connection: EngineConnection): void {
  const ending = connection as unknown as Ending;
  ending.sendPacket(connection.protocol === 3 ? 'pong' : 'ping');
  ending.resetPingTimeout();
}

/** Where the reader of ws expects the beginning of a frame. */
const GET_INFO = 0;

/** Whether ws has read all that it got, and the next byte begins a message. */
export function isBetweenMessages(webSocket: WebSocket): boolean {
  const { _state, _bufferedBytes, _fragmented } = (
    webSocket as unknown as { _receiver: { _state: number; _bufferedBytes: number; _fragmented: number } }
  )._receiver;
  return _state === GET_INFO && _bufferedBytes === 0 && _fragmented === 0;
}

/** Releases the mask of a message that is over. ws keeps it, and with it all bytes that were read together with it. */
export function releaseMask(webSocket: WebSocket): void {
  (webSocket as unknown as { _receiver: { _mask: Buffer | undefined } })._receiver._mask = undefined;
}

const NOTHING = Object.freeze({});

/** Releases what Socket.IO remembers of the handshake, which nothing here reads. */
export function releaseHandshake(socket: Socket): void {
  (socket as { handshake: object }).handshake = NOTHING;
}
