import { type ServerOptions, WebSocket, WebSocketServer } from 'ws';

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

/** What Engine.IO takes WebSockets from. */
export class OnePongServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    super({ ...options, WebSocket: OnePongWebSocket });
  }
}
