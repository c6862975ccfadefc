import type { Duplex } from 'node:stream';
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { UnfinishedMessages } from './unfinished.ts';

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

/** Outside of the handshake, or what listens here would keep all of that in memory as long as the connection lasts. */
function watch(webSocket: WebSocket, socket: Duplex, messages: UnfinishedMessages): void {
  const unfinished = messages.begin(() => webSocket.terminate());
  // Prepended, so that what completes a message is counted before the message is there.
  socket.prependListener('data', (bytes: Buffer) => unfinished.add(bytes.length));
  webSocket.on('message', unfinished.end);
  socket.on('close', unfinished.end);
}

/** What Engine.IO takes WebSockets from. @param messages bounds what is not whole yet */
export function webSocketServer(messages: UnfinishedMessages): new (options: ServerOptions) => WebSocketServer {
  return class extends WebSocketServer {
    constructor(options: ServerOptions) {
      super({ ...options, WebSocket: OnePongWebSocket });
    }

    override handleUpgrade(...[request, socket, head, callback]: Parameters<WebSocketServer['handleUpgrade']>): void {
      super.handleUpgrade(request, socket, head, (webSocket, ...rest) => {
        watch(webSocket, socket, messages);
        callback(webSocket, ...rest);
      });
    }
  };
}
