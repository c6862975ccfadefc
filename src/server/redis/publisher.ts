import type { RedisClient } from './connect.ts';
import type { RedisLink } from './link.ts';
import type { Outcome } from './redelivery.ts';

/** Publishes messages on sharded channels, and says what became of each. */
export class Publisher {
  readonly #link: RedisLink;
  #isCorked = false;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** Never rejects. */
  async publish(channel: string, message: string | Buffer): Promise<Outcome> {
    const { client, isUp } = this.#link;
    if (!isUp) return 'unsent';
    this.#cork(client);
    try {
      return Number(await client.spublish(channel, message)) > 0 ? 'received' : 'unheard';
    } catch (error) {
      // Redis has not published a message that it refuses. Where the connection broke, it may have.
      return error instanceof Error && error.name === 'ReplyError' ? 'unsent' : 'unknown';
    }
  }

  /** All messages of one turn of the event loop leave in one system call, and their answers come in one. */
  #cork(client: RedisClient): void {
    if (this.#isCorked || !('stream' in client)) return;
    const { stream } = client;
    this.#isCorked = true;
    stream.cork();
    setImmediate(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }
}
