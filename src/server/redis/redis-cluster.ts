import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { type Cluster, type ClusterEvents, leaseIn, newNode, type RelayChannel } from '../cluster.ts';
import { throttle } from '../collections/throttle.ts';
import type { RedisClient } from './connect.ts';
import { Leases } from './leases.ts';
import type { RedisLink } from './link.ts';
import { RedisRelayChannel } from './relay-channel.ts';
import { channelOf, roomOf, seatAdapter } from './seat-adapter.ts';
import { SeatChannels } from './seat-channels.ts';
import { nameSessions } from './sessions.ts';
import { Unannounced } from './unannounced.ts';

/** How many rooms are remembered that may have missed something, until they are told so. */
const MOST_MISSED = 10_000;

/** How long after Redis is back the others are told of it, ms: they need a moment to listen again. */
const TELL_AFTER_MS = 500;

interface RedisClusterOptions {
  readonly redis: RedisLink;
  /** A connection of its own: whoever subscribes can do nothing else in some versions of the protocol. */
  readonly subscriber: RedisClient;
  /** What keys and channels begin with. */
  readonly prefix: string;
  readonly leaseMs: number;
  readonly log: Logger;
}

/** The nodes that have a Redis in common. */
interface RedisCluster extends Cluster {
  /**
   * Another node has stored something and not told it in time. Should it be dead, those who wait for it are told that they
   * may have missed something.
   * @param rooms what their rooms begin with
   */
  untold(rooms: string, node: string): void;
}

/** The event among nodes that tells which rooms may have missed something. */
const MISSED = 'missed';

/** Joins the nodes that have a Redis in common. @throws StoreError where it cannot be reached */
export async function joinRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { redis, subscriber, prefix, leaseMs, log } = options;
  const node = newNode();
  const channelPrefix = `${prefix}:io`;
  const debts = new Unannounced(leaseMs);
  const missed = new Set<string>();
  let missedAt = 0;
  let events: ClusterEvents | null = null;
  let server: Server | null = null;
  let relayChannel: RelayChannel | null = null;
  let telling: NodeJS.Timeout | undefined;
  let isComplaining = false;

  const leases = new Leases(
    { redis, key: `${prefix}:nodes`, node, leaseMs, log },
    { onLost, onLapsed: () => void complain() },
  );
  const channels = new SeatChannels(subscriber, redis, {
    now: () => leases.now(),
    isOfSeat: (channel) => roomOf(channelPrefix, channel) !== null,
    onUnsent: (channel) => {
      const room = roomOf(channelPrefix, channel);
      if (room !== null) missedIn(room);
    },
    onMissed: () => void complain(),
    onGarbage: throttle(() => log.warn('Something on the channels of Redis is not from a node of this server.')),
  });

  /**
   * Tells that something was missed: once, when this node listens again and has its lease again, whichever of the two
   * comes first. Who took a seat in between was in danger too.
   */
  async function complain(): Promise<void> {
    if (isComplaining || !channels.isWhole) return;
    isComplaining = true;
    await leases.renewSoon();
    isComplaining = false;
    if (channels.isWhole) events?.onMissed();
  }

  function isLost(node: string): boolean {
    return leases.lostAt(node) !== null;
  }

  function onLost(): void {
    for (const rooms of debts.take(isLost)) missedIn(rooms);
    events?.onLost();
  }

  function missedIn(room: string): void {
    if (missed.size < MOST_MISSED) missed.add(room);
    missedAt = leases.now();
    telling ??= setTimeout(tell, TELL_AFTER_MS).unref();
  }

  /** What nobody has sent is lost, but those whom it was for can be told so once Redis is there. */
  function tell(): void {
    telling = undefined;
    if (!redis.isUp) {
      telling = setTimeout(tell, TELL_AFTER_MS).unref();
      return;
    }
    const rooms = [...missed];
    missed.clear();
    if (rooms.length === 0) return;
    server?.of('/').serverSideEmit(MISSED, rooms, missedAt);
    events?.onMissedIn(rooms, missedAt);
  }

  await leases.begin();
  return {
    node,
    get lease() {
      return leases.name;
    },
    now: () => leases.now(),
    get isReachable() {
      return redis.isUp;
    },
    get isReady() {
      return redis.isUp && channels.isWhole;
    },
    get backSince() {
      return leases.now() - (Date.now() - redis.upSince);
    },
    lostAt: (connection) => leases.lostAt(leaseIn(connection)),
    attach(io, watcher) {
      events = watcher;
      server = io;
      io.adapter(
        seatAdapter(channels, channelPrefix, (uid) => {
          relayChannel = new RedisRelayChannel(channels, channelPrefix, uid);
        }),
      );
      nameSessions(io, { node }, log);
      io.of('/').on(MISSED, (rooms: string[], at: number) => watcher.onMissedIn(rooms, at));
    },
    get relayChannel() {
      return relayChannel;
    },
    expect: (room) => channels.expect(channelOf(channelPrefix, room)),
    missedIn,
    untold(rooms, node) {
      if (isLost(node)) missedIn(rooms);
      else debts.add(rooms, node);
    },
    leave: () => leases.end(),
    async close() {
      leases.close();
      clearTimeout(telling);
      channels.close();
      redis.client.disconnect();
    },
  };
}
