import type { Duplex } from 'node:stream';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { forgetMask } from './engine.ts';
import { PartialMessage, type PartialMessages } from './partial-messages.ts';

/**
 * Answers pings one at a time. While an answer waits for its client to read, only the newest of further pings is kept
 * (RFC 6455, 5.5.3): otherwise who sends pings and reads nothing would fill the memory.
 */
class OnePongWebSocket extends WebSocket {
  #isAnswering = false;
  #newest: Buffer | null = null;

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

/** What Engine.IO takes WebSockets from. @param messages bounds what is not whole yet */
export function webSocketServer(messages: PartialMessages): new (options: ServerOptions) => WebSocketServer {
  return class extends WebSocketServer {
    constructor(options: ServerOptions) {
      super({ ...options, WebSocket: OnePongWebSocket });
    }

    override handleUpgrade(...[request, socket, head, callback]: Parameters<WebSocketServer['handleUpgrade']>): void {
      super.handleUpgrade(request, socket, head, (webSocket, ...rest) => {
        watch(webSocket, socket, new PartialMessage(messages));
        callback(webSocket, ...rest);
      });
    }
  };
}

/** What is not whole yet, by the WebSocket and by what is beneath it. */
const unfinished = new WeakMap<WebSocket | Duplex, PartialMessage>();

/**
 * The same functions for all connections, which know theirs by `this`: those of its own would be a fiftieth of its memory,
 * and keep the request alive that it began with.
 */
function watch(webSocket: WebSocket, socket: Duplex, begun: PartialMessage): void {
  unfinished.set(webSocket, begun);
  unfinished.set(socket, begun);
  // Prepended, so that what completes a message is counted before the message is there.
  socket.prependListener('data', count);
  webSocket.on('message', onMessage);
  socket.on('close', onClose);
}

function count(this: Duplex, bytes: Buffer): void {
  if (unfinished.get(this)?.add(bytes.length)) this.destroy();
}

function onMessage(this: WebSocket): void {
  unfinished.get(this)?.end();
  forgetMask(this);
}

function onClose(this: Duplex): void {
  unfinished.get(this)?.end();
}
