import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { type EngineConnection, interceptClose, waitForSignOfLife } from './engine.ts';

/** What decides whether a connection was silent, or only not heard. */
export interface Ears {
  /** Whether the server has not read yet what the client has sent. */
  hasUnread(connection: EngineConnection): boolean;
  /** Whether the server could hear its clients all the time, for so many ms until now. */
  couldHear(ms: number): boolean;
  /** The seats of the connection, for the log. */
  seatsOf(connection: EngineConnection): object[];
}

/**
 * Closes connections that are silent for longer than a heartbeat allows, and no others. An answer may wait behind what the
 * server itself has not read, or may have come while the event loop stood still: then the client gets its time anew.
 * @param timeoutMs how long Engine.IO waits for an answer
 */
export function boundSilence(io: Server, timeoutMs: number, ears: Ears, log: Logger): void {
  interceptClose(io, (connection, reason) => {
    if (reason !== 'ping timeout') return true;
    if (ears.hasUnread(connection) || !ears.couldHear(timeoutMs)) {
      waitForSignOfLife(connection);
      return false;
    }
    log.info({ seats: ears.seatsOf(connection) }, 'closing a connection that was silent');
    return true;
  });
}
