import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';

/** More than an offer with pictures and sound, so that calls notice nothing. */
const PIECE = 8 * 1024;

/**
 * Hands what WebSockets receive on in small pieces. Node reads 64 kB of a connection at a time, which can be thousands
 * of messages; this way whoever is paused (`Turns`) after the first of them has only some hundred in hand.
 */
export function readInPieces(http: Server): void {
  http.prependListener('upgrade', (_request, socket: Duplex) => {
    const push = socket.push.bind(socket);
    socket.push = (bytes: Buffer | null) => {
      if (bytes === null) return push(null);
      let wantsMore = true;
      for (let start = 0; start < bytes.length; start += PIECE) wantsMore = push(bytes.subarray(start, start + PIECE));
      return wantsMore;
    };
  });
}
