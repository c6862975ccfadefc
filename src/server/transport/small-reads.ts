import type { Server } from 'node:http';
import { Duplex } from 'node:stream';
import { takeEarly } from './web-socket.ts';

/** More than an offer with pictures and sound, so that calls notice nothing. */
const PIECE = 8 * 1024;

/**
 * Hands the bytes of WebSockets on in small pieces. Node reads 64 kB of a connection at a time, which can be thousands of
 * messages. In small pieces, a connection that fair reading pauses after the first of them has only some hundred more in
 * hand. Messages that can be taken at once are not even handed on.
 */
export function enableSmallReads(http: Server): void {
  http.prependListener('upgrade', (_request, socket: Duplex) => {
    socket.push = pushPieces;
  });
}

/** One for all: a function for each connection would take more memory than there is in it. */
function pushPieces(this: Duplex, bytes: Buffer | null): boolean {
  if (bytes === null) return push.call(this, bytes);
  const taken = takeEarly(this, bytes);
  let wantsMore = true;
  for (let start = taken; start < bytes.length; start += PIECE) {
    wantsMore = push.call(this, bytes.subarray(start, start + PIECE));
  }
  return wantsMore;
}

const { push } = Duplex.prototype;
