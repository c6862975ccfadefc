import type { RedisClient } from '../redis/connect.ts';
import { RedisAway, type RedisLink } from '../redis/link.ts';

type Handler = (message: Buffer, channel: Buffer) => void;

interface Channel {
  /** Whoever sits here has Socket.IO for a handler; before that there is none. */
  handler: Handler | null;
  /** By how many it is expected that somebody sits down here; what comes meanwhile waits for them. */
  expected: number;
  readonly waiting: Buffer[];
  subscribed: Promise<unknown>;
}

/** How many subscriptions are asked for at once after the connection with Redis broke. */
const SUBSCRIPTIONS_AT_ONCE = 1000;

/**
 * The channels of Redis that this node listens to: two for all that concern every node, and one for each seat that is
 * held here. It is what Socket.IO's adapter takes for its clients, and more patient: what somebody sends to a seat is
 * kept from the moment in which the seat is about to be taken, and a broken connection is not the end of a subscription.
 */
export class SeatChannels {
  readonly #subscriber: RedisClient;
  readonly #publisher: RedisLink;
  readonly #channels = new Map<string, Channel>();
  readonly #onUnsent: (channel: string) => void;
  #isWhole = true;
  #isCorked = false;
  /** Asked first: whether it has taken a message that came, so that nothing is left to do for the adapter. */
  onMessage: (channel: string, message: Buffer) => boolean = () => false;

  /**
   * @param onUnsent told of what could not be published, or perhaps not
   * @param onMissed told, once all channels are subscribed to again, that any message may have been missed
   */
  constructor(
    subscriber: RedisClient,
    publisher: RedisLink,
    { onUnsent, onMissed }: { onUnsent: (channel: string) => void; onMissed: () => void },
  ) {
    this.#subscriber = subscriber;
    this.#publisher = publisher;
    this.#onUnsent = onUnsent;
    subscriber.on('smessageBuffer', (channel: Buffer, message: Buffer) => this.#receive(channel, message));
    subscriber.on('close', () => {
      this.#isWhole = false;
    });
    subscriber.on('ready', async () => {
      if (this.#isWhole) return;
      this.#isWhole = true;
      await this.#subscribeAgain();
      if (this.#isWhole) onMissed();
    });
  }

  /** @see Cluster.expect */
  async expect(name: string): Promise<() => void> {
    const channel = this.#open(name);
    channel.expected += 1;
    let isDone = false;
    const done = () => {
      if (isDone) return;
      isDone = true;
      channel.expected -= 1;
      this.#settle(name, channel);
    };
    try {
      await this.#publisher.within(channel.subscribed);
    } catch (error) {
      done();
      throw error;
    }
    return done;
  }

  // As the adapter calls them. It waits for none of these, so none may fail.

  sSubscribe(name: string, handler: Handler): void {
    this.#open(name).handler = handler;
  }

  sUnsubscribe(names: string | readonly string[]): void {
    for (const name of [names].flat()) {
      const channel = this.#channels.get(name);
      if (!channel) continue;
      channel.handler = null;
      this.#settle(name, channel);
    }
  }

  async sPublish(name: string, message: string | Buffer): Promise<void> {
    const { client, isUp } = this.#publisher;
    if (!isUp) return this.#onUnsent(name);
    this.#cork(client);
    try {
      await client.spublish(name, message);
    } catch {
      this.#onUnsent(name);
    }
  }

  /** What is published in one turn of the event loop, by whomever, leaves in one system call, and its answers come in one. */
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

  #open(name: string): Channel {
    const known = this.#channels.get(name);
    if (known) return known;
    const channel: Channel = { handler: null, expected: 0, waiting: [], subscribed: this.#subscribe(name) };
    this.#channels.set(name, channel);
    return channel;
  }

  #subscribe(name: string): Promise<unknown> {
    const subscribed = this.#subscriber.ssubscribe(name).catch(() => {
      throw new RedisAway('Redis cannot be reached', true);
    });
    // Whoever has to know waits for it; everybody else is subscribed again with the next connection.
    subscribed.catch(() => {});
    return subscribed;
  }

  /** Hands on what waited, and lets go of a channel that nobody needs. */
  #settle(name: string, channel: Channel): void {
    if (channel.expected > 0) return;
    const { handler, waiting } = channel;
    if (handler) {
      for (const message of waiting.splice(0)) handler(message, Buffer.from(name));
    } else if (this.#channels.get(name) === channel) {
      this.#channels.delete(name);
      // Commands of one connection keep their order: whoever sits down next is subscribed after this.
      this.#subscriber.sunsubscribe(name).catch(() => {});
    }
  }

  #receive(bytes: Buffer, message: Buffer): void {
    const name = bytes.toString('latin1');
    const channel = this.#channels.get(name);
    if (!channel) return;
    if (channel.expected > 0) channel.waiting.push(message);
    else if (channel.handler && !this.onMessage(name, message)) channel.handler(message, bytes);
  }

  async #subscribeAgain(): Promise<void> {
    const names = [...this.#channels.keys()];
    for (let at = 0; at < names.length; at += SUBSCRIPTIONS_AT_ONCE) {
      const some = names.slice(at, at + SUBSCRIPTIONS_AT_ONCE);
      const subscribed = some.map((name) => {
        const channel = this.#channels.get(name);
        if (channel) channel.subscribed = this.#subscribe(name);
        return channel?.subscribed;
      });
      await Promise.allSettled(subscribed);
    }
  }
}
