import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClient } from './connect.ts';
import { RedisAway, type RedisLink } from './link.ts';
import { lateMessage, type Outcome, openLateMessage, Redelivery } from './redelivery.ts';
import { forgetChannel } from './shards.ts';

type Handler = (message: Buffer, channel: Buffer) => void;

interface Channel {
  /** Since when this node listens to it, though perhaps with gaps: ms since the epoch, by the clock of all nodes. */
  readonly since: number;
  /** Whoever sits here has Socket.IO for a handler; before that there is none. */
  handler: Handler | null;
  /** By how many it is expected that somebody sits down here; what comes meanwhile waits for them. */
  expected: number;
  readonly waiting: Buffer[];
  subscribed: Promise<unknown>;
}

/** How many subscriptions are asked for at once after the connection with Redis broke. */
const SUBSCRIPTIONS_AT_ONCE = 1000;

/** How often it is tried to listen again, ms. */
const TRY_MS = 100;

/** How often Redis is asked whether it is still there, ms: of a silent connection nothing else tells that it is dead. */
const ASK_MS = 2000;

interface SeatChannelOptions {
  /** The clock that all nodes have in common, ms since the epoch. */
  now(): number;
  /** Whether a channel is that of a seat, to which one node listens. */
  isOfSeat(channel: string): boolean;
  /** Told of what could not be published, or perhaps not. */
  onUnsent(channel: string): void;
  /** Told, once all channels are subscribed to again, that any message may have been missed. */
  onMissed(): void;
  /** Told of a message that no node of ours can have sent. */
  onGarbage(): void;
}

/**
 * The channels of Redis that this node listens to: two for all that concern every node, and one for each seat that is
 * held here. It is what Socket.IO's adapter takes for its clients, and more patient: what somebody sends to a seat is
 * kept from the moment in which the seat is about to be taken, and a broken connection is not the end of a subscription.
 */
export class SeatChannels {
  readonly #subscriber: RedisClient;
  readonly #publisher: RedisLink;
  readonly #channels = new Map<string, Channel>();
  readonly #redelivery = new Redelivery((channel, message) => this.#publish(channel, message));
  readonly #now: () => number;
  readonly #isOfSeat: (channel: string) => boolean;
  readonly #onUnsent: (channel: string) => void;
  readonly #onMissed: () => void;
  readonly #onGarbage: () => void;
  readonly #asking: NodeJS.Timeout;
  /** How often a connection was lost, and how many of these are made up for. */
  #losses = 0;
  #healed = 0;
  #isHealing = false;
  #isCorked = false;
  /** Asked first: whether it has taken a message that came, so that nothing is left to do for the adapter. */
  onMessage: (channel: string, message: Buffer) => boolean = () => false;

  constructor(subscriber: RedisClient, publisher: RedisLink, options: SeatChannelOptions) {
    const { now, isOfSeat, onUnsent, onMissed, onGarbage } = options;
    this.#now = now;
    this.#isOfSeat = isOfSeat;
    this.#subscriber = subscriber;
    this.#publisher = publisher;
    this.#onUnsent = onUnsent;
    this.#onMissed = onMissed;
    this.#onGarbage = onGarbage;
    subscriber.on('smessageBuffer', (channel: Buffer, message: Buffer) => this.#receive(channel, message));
    subscriber.on('close', () => this.#lose());
    // In a Redis Cluster each master has a connection of its own, of which these tell: that one is gone, and that there
    // are others now, because one had gone or because slots have moved.
    subscriber.on('-node', (_, master?: string) => master !== undefined && this.#lose());
    subscriber.on('subscribersReady', () => this.#lose());
    this.#asking = setInterval(() => {
      if (!subscriber.isCluster && subscriber.status === 'ready') subscriber.ping().catch(() => {});
    }, ASK_MS).unref();
  }

  /** Whether nothing is missed at the moment, as far as is known. */
  get isWhole(): boolean {
    return this.#losses === this.#healed;
  }

  close(): void {
    clearInterval(this.#asking);
    this.#redelivery.close();
    this.#subscriber.disconnect();
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
    const at = this.#now();
    if (this.#redelivery.has(name)) return this.#redelivery.add(name, lateMessage(message, at));
    const outcome = await this.#publish(name, message);
    if (outcome === 'received') return;
    if (outcome !== 'unheard') this.#onUnsent(name);
    if (outcome !== 'unknown' && this.#isOfSeat(name)) this.#redelivery.add(name, lateMessage(message, at));
  }

  async #publish(name: string, message: string | Buffer): Promise<Outcome> {
    const { client, isUp } = this.#publisher;
    if (!isUp) return 'unsent';
    this.#cork(client);
    try {
      return Number(await client.spublish(name, message)) > 0 ? 'received' : 'unheard';
    } catch (error) {
      // What Redis refuses it has not handed on. Where the connection broke, it may have.
      return error instanceof Error && error.name === 'ReplyError' ? 'unsent' : 'unknown';
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
    const subscribed = this.#subscribe(name);
    const channel: Channel = { since: this.#now(), handler: null, expected: 0, waiting: [], subscribed };
    this.#channels.set(name, channel);
    return channel;
  }

  #subscribe(name: string): Promise<unknown> {
    const subscribed = this.#listen(name).catch(() => {
      throw new RedisAway('Redis cannot be reached', true);
    });
    // Whoever has to know waits for it; everybody else is subscribed again with the next connection.
    subscribed.catch(() => {});
    return subscribed;
  }

  async #listen(name: string): Promise<void> {
    forgetChannel(this.#subscriber, name);
    await this.#subscriber.ssubscribe(name);
  }

  /** Hands on what waited, and lets go of a channel that nobody needs. */
  #settle(name: string, channel: Channel): void {
    if (channel.expected > 0) return;
    const { handler, waiting } = channel;
    if (handler) {
      for (const message of waiting.splice(0)) this.#handOn(handler, name, message);
    } else if (this.#channels.get(name) === channel) {
      this.#channels.delete(name);
      // Commands of one connection keep their order: whoever sits down next is subscribed after this.
      this.#subscriber.sunsubscribe(name).catch(() => {});
    }
  }

  #receive(bytes: Buffer, received: Buffer): void {
    const name = bytes.toString('latin1');
    const channel = this.#channels.get(name);
    if (!channel) return;
    const late = openLateMessage(received);
    if (late && late.at < channel.since) return;
    const message = late?.message ?? received;
    if (channel.expected > 0) channel.waiting.push(message);
    else if (channel.handler) this.#handOn(channel.handler, name, message);
  }

  #handOn(handler: Handler, name: string, message: Buffer): void {
    try {
      if (!this.onMessage(name, message)) handler(message, Buffer.from(name));
    } catch {
      this.#onGarbage();
    }
  }

  #lose(): void {
    this.#losses += 1;
    if (!this.#isHealing) void this.#heal();
  }

  /** Listens to everything again, as often as it takes. */
  async #heal(): Promise<void> {
    this.#isHealing = true;
    while (!this.isWhole && this.#subscriber.status !== 'end') {
      const losses = this.#losses;
      if (this.#subscriber.status === 'ready' && (await this.#subscribeAgain())) this.#healed = losses;
      else await sleep(TRY_MS, null, { ref: false });
    }
    this.#isHealing = false;
    if (this.isWhole) this.#onMissed();
  }

  /** @returns whether all channels are subscribed to */
  async #subscribeAgain(): Promise<boolean> {
    const names = [...this.#channels.keys()];
    for (let at = 0; at < names.length; at += SUBSCRIPTIONS_AT_ONCE) {
      const some = names.slice(at, at + SUBSCRIPTIONS_AT_ONCE);
      const subscribed = some.map((name) => {
        const channel = this.#channels.get(name);
        if (channel) channel.subscribed = this.#subscribe(name);
        return channel?.subscribed;
      });
      const outcomes = await Promise.allSettled(subscribed);
      if (outcomes.some(({ status }) => status === 'rejected')) return false;
    }
    return true;
  }
}
