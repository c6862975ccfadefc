import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server, Socket } from 'socket.io';
import type { WebSocket } from 'ws';

// What the limits need of Engine.IO and its types do not tell. But for the shortcut, which keeps its own to itself, nothing
// else of ours reaches so deep.

/** A connection of Engine.IO, which Socket.IO's sockets are on. */
export type EngineConnection = Socket['conn'];
type Transport = EngineConnection['transport'];

/** A request as Engine.IO's middleware sees it. */
export type EngineRequest = IncomingMessage & { readonly _query: { readonly sid?: string } };

/** The transport of polling. */
export interface Polling {
  /** Takes the body of a request apart. */
  onData(payload: string | Buffer): void;
}

/** The WebSocket under a transport; polling has none. */
export function webSocketOf(transport: Transport): WebSocket | undefined {
  return (transport as { socket?: WebSocket }).socket;
}

/** The transport, where it is polling. */
export function pollingOf({ transport }: EngineConnection): Polling | null {
  return transport.name === 'polling' ? (transport as unknown as Polling) : null;
}

/** The connection that a request says it belongs to. */
export function connectionOf(io: Server, { _query }: EngineRequest): EngineConnection | undefined {
  const { clients } = io.engine as unknown as { clients: Readonly<Record<string, EngineConnection>> };
  return clients[_query.sid ?? ''];
}

/** Lets go of the request that a connection began with, as Socket.IO's documentation advises. */
export function forgetRequest(connection: EngineConnection): void {
  (connection as { request: IncomingMessage | null }).request = null;
}

/**
 * Lets go of what Engine.IO makes for the answer to a WebSocket's handshake: it listens for the end of the socket, on
 * behalf of middleware that we have none of, and keeps the request as long as the WebSocket lasts.
 */
export function forgetAnswers(io: Server, http: HttpServer): void {
  const former = new WeakMap<IncomingMessage, number>();
  http.prependListener('upgrade', (request, socket) => former.set(request, socket.listenerCount('close')));
  io.engine.use((request: IncomingMessage, _: unknown, next: () => void) => {
    const { socket } = request;
    const ofAnswer = former.has(request) ? socket.listeners('close').slice(former.get(request)) : [];
    for (const listener of ofAnswer) socket.removeListener('close', listener as () => void);
    next();
  });
}

/** Lets go of what ws keeps of a message that is over: the mask of its frame, and with it all that was read with that. */
export function forgetMask(webSocket: WebSocket): void {
  (webSocket as unknown as { _receiver: { _mask: Buffer | undefined } })._receiver._mask = undefined;
}

const NOTHING = Object.freeze({});

/** Lets go of what Socket.IO remembers of the handshake, which nobody asks for. */
export function forgetHandshake(socket: Socket): void {
  (socket as { handshake: object }).handshake = NOTHING;
}
