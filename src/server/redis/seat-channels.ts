import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClient } from './connect.ts';
import { RedisAway, type RedisLink } from './link.ts';
import { Publisher } from './publisher.ts';
import { lateMessage, openLateMessage, Redelivery } from './redelivery.ts';
import { forgetChannel } from './shards.ts';

type Handler = (message: Buffer, channel: Buffer) => void;

interface Channel {
  /** When this node subscribed to it first; there may be gaps since. ms since the epoch, by the clock of all nodes. */
  readonly since: number;
  /** Socket.IO's adapter, from the moment in which a connection holds the seat. */
  handler: Handler | null;
  /** How many connections are about to take the seat; messages wait for them. */
  expected: number;
  readonly waiting: Buffer[];
  subscribed: Promise<unknown>;
}

/** After a connection broke, no more subscriptions than this are asked for at once. */
const SUBSCRIPTIONS_AT_ONCE = 1000;

/** The pause between two attempts to subscribe again, ms. */
const TRY_MS = 100;

/** The pause between two pings, ms: nothing else shows that a silent connection is dead. */
const ASK_MS = 2000;

/** A message that says nothing: Redis answers how many nodes got it. */
const PROBE = Buffer.from('probe');

interface SeatChannelOptions {
  /** The clock that all nodes have in common, ms since the epoch. */
  now(): number;
  /** Whether a channel is that of a seat, to which one node listens. */
  isOfSeat(channel: string): boolean;
  /** Called when a message was not published, or perhaps not. */
  onUnsent(channel: string): void;
  /** Called when all channels are subscribed to again after a gap, in which any message may have been missed. */
  onMissed(): void;
  /** Called when a message comes that no node of this server can have sent. */
  onGarbage(): void;
}

/**
 * The channels of Redis to which this node subscribes: two for messages to every node, and one for each seat that is
 * held here. Socket.IO's adapter takes it for its Redis client, and it is more patient than one: messages to a seat
 * wait from the moment in which a connection is about to take the seat; a broken connection does not end a
 * subscription; and a message that no node received is published again.
 */
export class SeatChannels {
  readonly #subscriber: RedisClient;
  readonly #link: RedisLink;
  readonly #publisher: Publisher;
  readonly #channels = new Map<string, Channel>();
  readonly #redelivery = new Redelivery((channel, message) => this.#publisher.publish(channel, message));
  readonly #now: () => number;
  readonly #isOfSeat: (channel: string) => boolean;
  readonly #onUnsent: (channel: string) => void;
  readonly #onMissed: () => void;
  readonly #onGarbage: () => void;
  readonly #asking: NodeJS.Timeout;
  /** How often a connection was lost, and how many of these losses are healed. */
  #losses = 0;
  #healed = 0;
  #isHealing = false;
  /** Called with each message before the adapter; true where it has handled the message. */
  onMessage: (channel: string, message: Buffer) => boolean = () => false;

  constructor(subscriber: RedisClient, link: RedisLink, options: SeatChannelOptions) {
    const { now, isOfSeat, onUnsent, onMissed, onGarbage } = options;
    this.#now = now;
    this.#isOfSeat = isOfSeat;
    this.#subscriber = subscriber;
    this.#link = link;
    this.#publisher = new Publisher(link);
    this.#onUnsent = onUnsent;
    this.#onMissed = onMissed;
    this.#onGarbage = onGarbage;
    subscriber.on('smessageBuffer', (channel: Buffer, message: Buffer) => this.#receive(channel, message));
    subscriber.on('close', () => this.#lose());
    // In a Redis Cluster each master has a connection of its own. These events say that a connection is gone, and that
    // there are other connections now, because one had gone or because slots have moved.
    subscriber.on('-node', (_, master?: string) => master !== undefined && this.#lose());
    subscriber.on('subscribersReady', () => this.#lose());
    this.#asking = setInterval(() => {
      if (!subscriber.isCluster && subscriber.status === 'ready') subscriber.ping().catch(() => {});
    }, ASK_MS).unref();
  }

  /** Whether this node is subscribed to all of its channels, as far as it knows. */
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
      await this.#link.within(channel.subscribed);
    } catch (error) {
      done();
      throw error;
    }
    return done;
  }

  /** @see Cluster.isHeard */
  async isHeard(name: string): Promise<boolean> {
    return Number(await this.#link.ask((client) => client.spublish(name, PROBE))) > 0;
  }

  // The adapter calls these three. It waits for none of them, so none may fail.

  sSubscribe(name: string, handler: Handler): void {
    const isNew = !this.#channels.has(name);
    const channel = this.#open(name);
    channel.handler = handler;
    // Nobody waits for it. Refused, it is made again like one that was lost: or else this node would be deaf, and not know.
    if (isNew) channel.subscribed.catch(() => this.#lose());
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
    const outcome = await this.#publisher.publish(name, message);
    if (outcome === 'received') return;
    if (outcome !== 'unheard') this.#onUnsent(name);
    if (outcome !== 'unknown' && this.#isOfSeat(name)) this.#redelivery.add(name, lateMessage(message, at));
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
    // `expect` waits for it; all other subscriptions are made again with the next connection.
    subscribed.catch(() => {});
    return subscribed;
  }

  async #listen(name: string): Promise<void> {
    forgetChannel(this.#subscriber, name);
    await this.#subscriber.ssubscribe(name);
  }

  /** Delivers the messages that waited, or unsubscribes from a channel that nobody needs. */
  #settle(name: string, channel: Channel): void {
    if (channel.expected > 0) return;
    const { handler, waiting } = channel;
    if (handler) {
      for (const message of waiting.splice(0)) this.#deliver(handler, name, message);
    } else if (this.#channels.get(name) === channel) {
      this.#channels.delete(name);
      // Commands of one connection keep their order: the next subscription to this channel comes after this.
      this.#subscriber.sunsubscribe(name).catch(() => {});
    }
  }

  #receive(bytes: Buffer, received: Buffer): void {
    const name = bytes.toString('latin1');
    const channel = this.#channels.get(name);
    if (!channel || received.equals(PROBE)) return;
    const late = openLateMessage(received);
    if (late && late.at < channel.since) return;
    const message = late?.message ?? received;
    if (channel.expected > 0) channel.waiting.push(message);
    else if (channel.handler) this.#deliver(channel.handler, name, message);
  }

  #deliver(handler: Handler, name: string, message: Buffer): void {
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

  /** Subscribes to all channels again, as often as it takes. */
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
