import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import type { WebSocket } from 'ws';
import { seatsOf } from '../delivery.ts';
import { type EngineConnection, webSocketOf } from './engine.ts';

/** A packet's weight in memory beside its text. Without it, acks of 20 characters would wait by the ten thousand. */
const PACKET_BYTES = 256;

/** How long a connection that was closed has to take what is on its way; what is then left is dropped. */
const FAREWELL_MS = 2000;

/**
 * Closes connections that do not read what they are sent, so that what waits for them cannot fill the memory.
 * @param limit bytes that may wait for one connection; when less waits, one more packet may, however large
 */
export function boundUnread(io: Server, limit: number, log: Logger): void {
  io.engine.on('connection', (connection: EngineConnection) => {
    watch(connection, limit, (bytes) => {
      const sockets = [...io.of('/').sockets.values()].filter(({ conn }) => conn === connection);
      log.warn({ seats: sockets.flatMap(seatsOf), bytes }, 'closing a connection that does not read');
    });
  });
}

/** This stands in the way of every message, so a message costs it one addition and nothing that has to be freed. */
function watch(connection: EngineConnection, limit: number, onTooMuch: (bytes: number) => void): void {
  /** What Engine.IO holds until it may send again: until the next poll, or until TCP has taken what was sent before. */
  let held = 0;
  connection.on('packetCreate', ({ data }: { data?: string | Buffer }) => {
    const bytes = held + (webSocketOf(connection.transport)?.bufferedAmount ?? 0);
    if (bytes <= limit) held += PACKET_BYTES + (data?.length ?? 0);
    else {
      onTooMuch(bytes);
      close(connection);
    }
  });
  connection.on('flush', () => {
    held = 0;
  });
  let probed: EngineConnection['transport'] | null = null;
  connection.on('upgrading', (transport: EngineConnection['transport']) => {
    // Each probe is answered past what is counted here, but nobody probes one WebSocket twice.
    if (transport === probed) webSocketOf(transport)?.terminate();
    probed = transport;
  });
  connection.once('close', () => {
    const webSocket = webSocketOf(connection.transport);
    if (webSocket?.bufferedAmount) setTimeout(() => dropUnread(webSocket), FAREWELL_MS).unref();
  });
}

/** Its seats are told at once, and Engine.IO drops what it holds; the client learns why if it reads again soon. */
function close(connection: EngineConnection): void {
  webSocketOf(connection.transport)?.close(1008, 'What was sent was not read.');
  connection.close(true);
}

function dropUnread(webSocket: WebSocket): void {
  if (webSocket.bufferedAmount > 0) webSocket.terminate();
}
