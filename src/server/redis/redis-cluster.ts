import type { Logger } from 'pino';
import type { Server } from 'socket.io';
import { type Cluster, type ClusterEvents, leaseIn, newNode, type RelayChannel } from '../cluster.ts';
import { throttle } from '../collections/throttle.ts';
import { isUserRoom } from '../transport/user-rooms.ts';
import type { RedisClient } from './connect.ts';
import { Leases } from './leases.ts';
import type { RedisLink } from './link.ts';
import { RedisOtherNodes } from './other-nodes.ts';
import { RedisRelayChannel } from './relay-channel.ts';
import { channelOf, roomOf, seatAdapter } from './seat-adapter.ts';
import { SeatChannels } from './seat-channels.ts';
import { nameSessions } from './sessions.ts';
import { Unannounced } from './unannounced.ts';

/** A node remembers no more rooms than this that may have missed something. */
const MOST_MISSED = 10_000;

/** A node reports missed rooms after so long a pause, ms: the others may need a moment to subscribe again. */
const REPORT_AFTER_MS = 500;

interface RedisClusterOptions {
  readonly redis: RedisLink;
  /** A connection of its own: in RESP2, a connection that subscribes can do nothing else. */
  readonly subscriber: RedisClient;
  /** The beginning of all keys and channels. */
  readonly prefix: string;
  readonly leaseMs: number;
  /** How long Redis may be too busy to give this node its lease, ms. */
  readonly patienceMs: number;
  readonly log: Logger;
}

/** The nodes that have a Redis in common. */
interface RedisCluster extends Cluster {
  /**
   * Another node has stored a revision and not announced it in time. Should that node be dead, this one reports that
   * the rooms may have missed something.
   * @param rooms the beginning of the rooms of all seats
   * @param lease of that node, when it stored the revision
   */
  unannounced(rooms: string, lease: string): void;
  /** When the lease of this node ends, ms since the epoch, unless it is renewed. */
  readonly leaseEndsAt: number;
  /** Reads the clock of Redis now, and not only with the next renewal of the lease. */
  readClock(): void;
}

/** The event by which a node reports to the others that rooms may have missed something. */
const MISSED = 'missed';

/** The event by which a node reports to the others that it could not hear its clients. */
const UNHEARD = 'unheard';

/** Joins the nodes that have a Redis in common. @throws StoreError where it cannot be reached */
export async function joinRedisCluster(options: RedisClusterOptions): Promise<RedisCluster> {
  const { redis, subscriber, prefix, leaseMs, patienceMs, log } = options;
  const node = newNode();
  const channelPrefix = `${prefix}:io`;
  const unannounced = new Unannounced(leaseMs);
  const missed = new Set<string>();
  let missedAt = 0;
  let events: ClusterEvents | null = null;
  let server: Server | null = null;
  let relayChannel: RelayChannel | null = null;
  let reporting: NodeJS.Timeout | undefined;
  let isRenewing = false;

  const leases = new Leases(
    { redis, key: `${prefix}:nodes`, node, leaseMs, log },
    { onLost, onLapsed: () => void reportGap() },
  );
  const others = new RedisOtherNodes(node, () => leases.living);
  const channels = new SeatChannels(subscriber, redis, {
    now: () => leases.now(),
    isOfSeat: (channel) => {
      const room = roomOf(channelPrefix, channel);
      return room !== null && !isUserRoom(room);
    },
    onUnsent: (channel) => {
      const room = roomOf(channelPrefix, channel);
      if (room !== null) missedIn(room);
    },
    onMissed: () => void reportGap(),
    onGarbage: throttle(() => log.warn('A message on the channels of Redis is not from a node of this server.')),
  });

  /**
   * Reports once that anything may have been missed here: when this node is subscribed again and has its lease again. A
   * connection that took a seat before both were so may have missed something too.
   */
  async function reportGap(): Promise<void> {
    if (isRenewing || !channels.isWhole) return;
    isRenewing = true;
    await leases.renewSoon();
    isRenewing = false;
    if (channels.isWhole) events?.onMissed();
  }

  function hasLapsed(): boolean {
    return leases.endsAt <= leases.now();
  }

  function isLost(lease: string): boolean {
    return leases.lostAt(lease) !== null;
  }

  function onLost(): void {
    for (const rooms of unannounced.take(isLost)) missedIn(rooms);
    events?.onLost();
  }

  function missedIn(room: string): void {
    if (missed.size < MOST_MISSED) missed.add(room);
    missedAt = leases.now();
    reporting ??= setTimeout(reportMissed, REPORT_AFTER_MS).unref();
  }

  /** Reports the rooms whose messages were not sent, as soon as Redis answers. */
  function reportMissed(): void {
    reporting = undefined;
    if (!redis.isUp) {
      reporting = setTimeout(reportMissed, REPORT_AFTER_MS).unref();
      return;
    }
    const rooms = [...missed];
    missed.clear();
    if (rooms.length === 0) return;
    server?.of('/').serverSideEmit(MISSED, rooms, missedAt);
    events?.onMissedIn(rooms, missedAt);
  }

  await leases.begin(patienceMs);
  return {
    node,
    get lease() {
      return leases.name;
    },
    get leaseEndsAt() {
      return leases.endsAt;
    },
    now: () => leases.now(),
    get isReachable() {
      return redis.isUp;
    },
    get isReady() {
      return redis.isUp && channels.isWhole && !leases.isRefused && !hasLapsed();
    },
    get backSince() {
      return leases.now() - Math.round(performance.now() - Math.max(redis.upSince, leases.refusedAt));
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
      others.attach(io);
      io.of('/').on(UNHEARD, (from: number, until: number) => watcher.onUnheard(from, until));
      io.of('/').on(MISSED, (rooms: string[], at: number) => watcher.onMissedIn(rooms, at));
    },
    get relayChannel() {
      return relayChannel;
    },
    isHeard: (room) => channels.isHeard(channelOf(channelPrefix, room)),
    others,
    expect: (room) => channels.expect(channelOf(channelPrefix, room)),
    unheard(from, until) {
      // A node that stood still for longer has lost its lease: its clients have gone to others, which heard them.
      if (redis.isUp && until - from < leaseMs) server?.of('/').serverSideEmit(UNHEARD, from, until);
    },
    missedIn,
    renewLapsed: () => (hasLapsed() && redis.isUp ? leases.renew() : null),
    readClock: () => void leases.renew(),
    unannounced(rooms, lease) {
      if (isLost(lease)) missedIn(rooms);
      else unannounced.add(rooms, lease);
    },
    leave: () => leases.end(),
    async close() {
      leases.close();
      clearTimeout(reporting);
      channels.close();
      redis.client.disconnect();
    },
  };
}
