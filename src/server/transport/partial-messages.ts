import type { IncomingMessage } from 'node:http';
import type { Server } from 'socket.io';

/** Bytes of messages that are not whole yet, of all connections together. */
const MOST = 64 * 1024 * 1024;

/**
 * Bounds what messages take that are not whole yet, and may never be. While there is much of that, whoever has sent
 * more of one than a command may have is cut off. Nobody else has to fear for a command on its way.
 */
export class PartialMessages {
  readonly #largest: number;
  #total = 0;

  /** @param largest bytes that a command may have */
  constructor(largest: number) {
    this.#largest = largest;
  }

  /** @returns whether a message that `held` bytes are there of, `more` among them, is too much */
  add(more: number, held: number): boolean {
    this.#total += more;
    return this.#total > MOST && held > this.#largest;
  }

  /** A message that so many bytes were there of is whole, or will never be. */
  end(held: number): void {
    this.#total -= held;
  }

  /** Watches the bodies of polling requests. */
  watch(io: Server): void {
    io.engine.use((request: IncomingMessage, _: unknown, next: () => void) => {
      if (request.method === 'POST') {
        const unfinished = new PartialMessage(this);
        // Prepended: to listen in the ordinary way would set the body flowing before Engine.IO is there to take it.
        request.prependListener('data', (bytes: Buffer | string) => {
          if (unfinished.add(bytes.length)) request.socket.destroy();
        });
        request.once('end', () => unfinished.end());
        request.once('close', () => unfinished.end());
      }
      next();
    });
  }
}

/** What one connection has sent of a message that is not whole yet. */
export class PartialMessage {
  readonly #all: PartialMessages;
  #held = 0;

  constructor(all: PartialMessages) {
    this.#all = all;
  }

  /** @returns whether it is too much, and the connection has to be cut */
  add(bytes: number): boolean {
    this.#held += bytes;
    return this.#all.add(bytes, this.#held);
  }

  /** It is whole, or will never be. */
  end(): void {
    this.#all.end(this.#held);
    this.#held = 0;
  }
}
