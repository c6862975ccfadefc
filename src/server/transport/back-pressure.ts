import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import type { WebSocket } from 'ws';
import { type EngineConnection, webSocketOf } from './engine.ts';
import { seatsOf } from './seat-rooms.ts';

/** A packet's weight in memory beside its text. Without it, acks of 20 characters would wait by the ten thousand. */
const PACKET_BYTES = 256;

/** How long a connection that was closed has to take what is on its way; what is then left is dropped. */
const FAREWELL_MS = 2000;

/**
 * Closes connections that do not read what they are sent, so that what waits for them cannot fill the memory.
 * @param limit bytes that may wait for one connection; when less waits, one more packet may, however large
 */
export function boundBackPressure(io: Server, limit: number, log: Logger): void {
  const onTooMuch = (connection: EngineConnection, bytes: number) => {
    const sockets = [...io.of('/').sockets.values()].filter(({ conn }) => conn === connection);
    log.warn({ seats: sockets.flatMap(seatsOf), bytes }, 'closing a connection that does not read');
    close(connection);
  };
  /** What Engine.IO holds of each until it may send again: until the next poll, or until TCP has taken the rest. */
  const held = new WeakMap<EngineConnection, number>();
  const probed = new WeakMap<EngineConnection, EngineConnection['transport']>();

  // These are the same for all connections, and know them by `this`: functions for each would be a tenth of its memory.
  function onPacket(this: EngineConnection, { data }: { data?: string | Buffer }): void {
    const waiting = held.get(this) ?? 0;
    const bytes = waiting + (webSocketOf(this.transport)?.bufferedAmount ?? 0);
    if (bytes > limit) onTooMuch(this, bytes);
    else held.set(this, waiting + PACKET_BYTES + (data?.length ?? 0));
  }
  function onFlush(this: EngineConnection): void {
    held.delete(this);
  }
  function onUpgrading(this: EngineConnection, transport: EngineConnection['transport']): void {
    // Each probe is answered past what is counted here, but nobody probes one WebSocket twice.
    if (transport === probed.get(this)) webSocketOf(transport)?.terminate();
    probed.set(this, transport);
  }
  io.engine.on('connection', (connection: EngineConnection) => {
    connection.on('packetCreate', onPacket).on('flush', onFlush).on('upgrading', onUpgrading).on('close', onClose);
  });
}

function onClose(this: EngineConnection): void {
  const webSocket = webSocketOf(this.transport);
  if (webSocket?.bufferedAmount) setTimeout(() => dropUnread(webSocket), FAREWELL_MS).unref();
}

/** Its seats are told at once, and Engine.IO drops what it holds; the client learns why if it reads again soon. */
function close(connection: EngineConnection): void {
  webSocketOf(connection.transport)?.close(1008, 'What was sent was not read.');
  connection.close(true);
}

function dropUnread(webSocket: WebSocket): void {
  if (webSocket.bufferedAmount > 0) webSocket.terminate();
}
