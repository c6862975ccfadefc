import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'socket.io';
import type { WebSocket } from 'ws';

// What the limits need of Engine.IO and its types do not tell. Nothing else of ours reaches so deep.

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

/**
 * Lets go of the request that a connection began with, as Socket.IO's documentation advises; and so that it is really
 * gone, of the one that the answer to a WebSocket's handshake keeps, which lives as long as the WebSocket does.
 */
export function requestsOf(io: Server): (connection: EngineConnection) => void {
  const answers = new WeakMap<IncomingMessage, { req: IncomingMessage | null }>();
  io.engine.use((request: IncomingMessage, answer: { req: IncomingMessage | null }, next: () => void) => {
    if (request.method === 'GET' && request.headers.upgrade) answers.set(request, answer);
    next();
  });
  return (connection) => {
    const answer = answers.get(connection.request);
    if (answer) answer.req = null;
    (connection as { request: IncomingMessage | null }).request = null;
  };
}
