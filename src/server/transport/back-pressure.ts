import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import type { WebSocket } from 'ws';
import { ConnectionField } from './connection-field.ts';
import { type EngineConnection, webSocketOf } from './engine.ts';
import { seatsOf } from './seat-rooms.ts';

/** A packet's weight in memory beside its text. Without it, acks of 20 characters would wait by the ten thousand. */
const PACKET_BYTES = 256;

/** How long a closed connection has to take what is on its way, ms. The server drops the rest. */
const FAREWELL_MS = 2000;

/** Bytes that Engine.IO holds until it may send again: until the next poll, or until TCP has taken what came before. */
const held = new ConnectionField(0);

/** The WebSocket by which a connection was last probed. */
const probed = new ConnectionField<EngineConnection['transport'] | null>(null);

/**
 * Closes connections that do not read what the server sends them, so that what waits for them cannot fill the memory.
 * @param limit bytes that may wait for one connection; when less waits, one more packet may, however large
 * @param onClosed called for each connection that is closed
 */
export function boundBackPressure(io: Server, limit: number, log: Logger, onClosed: () => void): void {
  const onTooMuch = (connection: EngineConnection, bytes: number) => {
    const sockets = [...io.of('/').sockets.values()].filter(({ conn }) => conn === connection);
    log.warn({ seats: sockets.flatMap(seatsOf), bytes }, 'closing a connection that does not read');
    onClosed();
    close(connection);
  };

  // All connections share these functions, which know them by `this`: functions for each would be a tenth of its memory.
  function onPacket(this: EngineConnection, { data }: { data?: string | Buffer }): void {
    const waiting = held.get(this);
    const bytes = waiting + (webSocketOf(this.transport)?.bufferedAmount ?? 0);
    if (bytes > limit) onTooMuch(this, bytes);
    else held.set(this, waiting + PACKET_BYTES + (data?.length ?? 0));
  }
  io.engine.on('connection', (connection: EngineConnection) => {
    connection.on('packetCreate', onPacket).on('flush', onFlush).on('upgrading', onUpgrading).on('close', onClose);
  });
}

function onFlush(this: EngineConnection): void {
  held.set(this, 0);
}

function onUpgrading(this: EngineConnection, transport: EngineConnection['transport']): void {
  // Engine.IO answers each probe past what is counted here, but no client probes one WebSocket twice.
  if (transport === probed.get(this)) webSocketOf(transport)?.terminate();
  probed.set(this, transport);
}

function onClose(this: EngineConnection): void {
  probed.set(this, null);
  const webSocket = webSocketOf(this.transport);
  if (webSocket?.bufferedAmount) setTimeout(() => dropUnread(webSocket), FAREWELL_MS).unref();
}

/** Ends its seats at once, and Engine.IO drops what it holds. The client learns the reason if it reads again soon. */
function close(connection: EngineConnection): void {
  webSocketOf(connection.transport)?.close(1008, 'What was sent was not read.');
  connection.close(true);
}

function dropUnread(webSocket: WebSocket): void {
  if (webSocket.bufferedAmount > 0) webSocket.terminate();
}
