import type { Duplex } from 'node:stream';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { type EarlyReader, takeFrames } from './early-frames.ts';
import { isBetweenMessages, releaseMask } from './engine.ts';
import { sendTogether, writeTogether } from './joint-writes.ts';
import { PartialMessage, type PartialMessages } from './partial-messages.ts';

const WEB_SOCKET = Symbol('WebSocket');

/** A TCP connection that knows its WebSocket. */
interface Carrier {
  [WEB_SOCKET]?: GuardedWebSocket;
}

/**
 * Hands messages on to the early reader of a WebSocket before ws reads them, if nothing that came before is still on its way.
 * @param bytes that have come on the TCP connection
 * @returns how many of them were taken
 */
export function takeEarly(tcp: Duplex & Carrier, bytes: Buffer): number {
  const webSocket = tcp[WEB_SOCKET];
  if (!webSocket?.reader || tcp.readableFlowing !== true || tcp.readableLength > 0) return 0;
  if (webSocket.readyState !== WebSocket.OPEN || !isBetweenMessages(webSocket)) return 0;
  return takeFrames(bytes, webSocket.reader);
}

/**
 * A WebSocket with the guards of this server.
 *
 * It answers pings one at a time. While an answer waits for the client to read, it keeps only the newest of further pings
 * (RFC 6455, 5.5.3): otherwise a client that sends pings and reads nothing would fill the memory.
 */
export class GuardedWebSocket extends WebSocket {
  reader: EarlyReader | null = null;
  partial: PartialMessage | null = null;
  #isAnswering = false;
  #newest: Buffer | null = null;

  /** ws emits each message here, as soon as it is whole. */
  override emit(event: string | symbol, ...values: unknown[]): boolean {
    if (event !== 'message') return super.emit(event, ...values);
    const [message, isBinary] = values;
    this.endMessage();
    return (!isBinary && this.reader?.takeEarly(message as Buffer)) || super.emit('message', message, isBinary);
  }

  protected endMessage(): void {
    this.partial?.end();
  }

  override pong(data: Buffer): void {
    if (this.#isAnswering) {
      this.#newest = data;
      return;
    }
    this.#isAnswering = true;
    super.pong(data, false, () => {
      this.#isAnswering = false;
      const newest = this.#newest;
      this.#newest = null;
      if (newest) this.pong(newest);
    });
  }
}

class MaskReleasingWebSocket extends GuardedWebSocket {
  protected override endMessage(): void {
    super.endMessage();
    releaseMask(this);
  }
}

/**
 * The server that Engine.IO takes WebSockets from.
 * @param messages bounds the messages that are not whole yet
 * @param options `releasesMasks`: whether it may release what ws keeps of each message; `sendsTogether`: whether messages of the
 *   same moment may leave in one system call. Both use private members.
 */
export function webSocketServer(
  messages: PartialMessages,
  { releasesMasks, sendsTogether }: { releasesMasks: boolean; sendsTogether: boolean },
): new (
  options: ServerOptions,
) => WebSocketServer {
  const Guarded = releasesMasks ? MaskReleasingWebSocket : GuardedWebSocket;
  return class extends WebSocketServer {
    constructor(options: ServerOptions) {
      super({ ...options, WebSocket: Guarded });
    }

    override handleUpgrade(...[request, socket, head, callback]: Parameters<WebSocketServer['handleUpgrade']>): void {
      writeTogether(socket);
      super.handleUpgrade(request, socket, head, (webSocket, ...rest) => {
        if (sendsTogether) sendTogether(webSocket);
        (webSocket as GuardedWebSocket).partial = new PartialMessage(messages);
        Object.assign(socket, { [WEB_SOCKET]: webSocket });
        // Prepended, so that the bytes that complete a message are counted before the message is there.
        socket.prependListener('data', count);
        socket.on('close', end);
        callback(webSocket, ...rest);
      });
    }
  };
}

// All connections share these functions, which know them by `this`. Functions for each connection would take a fiftieth of
// its memory, and keep the request alive that it began with.

function count(this: Duplex & Carrier, bytes: Buffer): void {
  if (this[WEB_SOCKET]?.partial?.add(bytes.length)) this.destroy();
}

function end(this: Carrier): void {
  this[WEB_SOCKET]?.partial?.end();
}
