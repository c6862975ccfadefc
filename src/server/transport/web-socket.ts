import type { Duplex } from 'node:stream';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { releaseMask } from './engine.ts';
import { sendTogether, writeTogether } from './joint-writes.ts';
import { PartialMessage, type PartialMessages } from './partial-messages.ts';

const PARTIAL = Symbol('partial message');

/** A TCP connection that knows the message of its WebSocket that is not whole yet. */
interface Carrier {
  [PARTIAL]?: PartialMessage;
}

/** Reads the text messages of a WebSocket before Engine.IO does. */
export interface EarlyReader {
  /** @returns whether it has taken the message; otherwise it has done nothing, and Engine.IO gets the message */
  takeEarly(message: Buffer): boolean;
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
        const partial = new PartialMessage(messages);
        (webSocket as GuardedWebSocket).partial = partial;
        Object.assign(socket, { [PARTIAL]: partial });
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
  if (this[PARTIAL]?.add(bytes.length)) this.destroy();
}

function end(this: Carrier): void {
  this[PARTIAL]?.end();
}
