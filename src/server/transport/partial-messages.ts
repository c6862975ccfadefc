import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';

/** Bytes of messages that are not whole yet, of all connections together. */
const MOST = 64 * 1024 * 1024;

/**
 * Bounds the memory of messages that are not whole yet, and may never be. While they take much, it cuts each connection
 * off that has sent more of one than a command may have. All other connections get their commands through.
 */
export class PartialMessages {
  readonly #largest: number;
  #total = 0;

  /** @param largest bytes that a command may have */
  constructor(largest: number) {
    this.#largest = largest;
  }

  /** Counts `more` bytes of a message of which `held` bytes are there now. @returns whether the message is too much */
  add(more: number, held: number): boolean {
    this.#total += more;
    return this.#total > MOST && held > this.#largest;
  }

  /** Counts a message no more, of which `held` bytes were there: it is whole, or will never be. */
  end(held: number): void {
    this.#total -= held;
  }

  /** Watches the bodies of polling requests. */
  watch(io: Server): void {
    io.engine.use((request: IncomingMessage, _: unknown, next: () => void) => {
      if (request.method === 'POST') {
        const partial = new PartialMessage(this);
        // Prepended: to listen in the ordinary way would set the body flowing before Engine.IO is there to take it.
        request.prependListener('data', (bytes: Buffer | string) => {
          if (partial.add(bytes.length)) request.socket.destroy();
        });
        request.once('end', () => partial.end());
        request.once('close', () => partial.end());
      }
      next();
    });
  }
}

/** The bytes that one connection has sent of a message that is not whole yet. */
export class PartialMessage {
  readonly #all: PartialMessages;
  #held = 0;

  constructor(all: PartialMessages) {
    this.#all = all;
  }

  /** @returns whether the message is too much, and the connection has to be cut */
  add(bytes: number): boolean {
    this.#held += bytes;
    return this.#all.add(bytes, this.#held);
  }

  /** The message is whole, or will never be. */
  end(): void {
    this.#all.end(this.#held);
    this.#held = 0;
  }
}
