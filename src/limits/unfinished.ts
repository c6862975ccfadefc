import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';

/** Bytes of messages that are not whole yet, of all connections together. */
const MOST = 64 * 1024 * 1024;

/** What one connection has sent of a message that is not whole yet. */
export interface Unfinished {
  add(bytes: number): void;
  /** It is whole, or will never be. */
  end(): void;
}

/**
 * Bounds what messages take that are not whole yet, and may never be. While there is much of that, whoever has sent
 * more of one than a command may have is cut off. Nobody else has to fear for a command on its way.
 */
export class UnfinishedMessages {
  readonly #largest: number;
  #total = 0;

  /** @param largest bytes that a command may have */
  constructor(largest: number) {
    this.#largest = largest;
  }

  /** @param cut ends the connection */
  begin(cut: () => void): Unfinished {
    let held = 0;
    return {
      add: (bytes) => {
        held += bytes;
        this.#total += bytes;
        if (this.#total > MOST && held > this.#largest) cut();
      },
      end: () => {
        this.#total -= held;
        held = 0;
      },
    };
  }

  /** Watches the bodies of polling requests. */
  watch(io: Server): void {
    io.engine.use((request: IncomingMessage, _: unknown, next: () => void) => {
      if (request.method === 'POST') {
        const unfinished = this.begin(() => request.socket.destroy());
        // Prepended: to listen in the ordinary way would set the body flowing before Engine.IO is there to take it.
        request.prependListener('data', (bytes: Buffer | string) => unfinished.add(bytes.length));
        request.once('end', unfinished.end);
        request.once('close', unfinished.end);
      }
      next();
    });
  }
}
