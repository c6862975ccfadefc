import { nanoid } from 'nanoid';
import type { Server } from 'socket.io';
import type { CounterOf } from './collections/counters.ts';
import type { Absence } from './domain/settle.ts';
import type { Store } from './storage/store.ts';

/** The parts that all nodes share, or that a single node has for itself. */
export interface Backend {
  /** The clock, ms since the epoch. */
  now: () => number;
  cluster: Cluster;
  store: Store;
  counterOf: CounterOf;
}

/**
 * The processes ("nodes") that together are one server, as one of them sees them. Connections are named after their
 * node, so that every node can read in a document where a seat is held.
 */
export interface Cluster extends Omit<Absence, 'unheardMs'> {
  /** The name of this node: another one each time it starts. */
  readonly node: string;
  /** The name of its lease, after which connections are named: another one each time that the former one ran out. */
  readonly lease: string;
  /** The clock that all nodes have in common, ms since the epoch. */
  now(): number;
  /** Whether the backend of the nodes can be reached. */
  readonly isReachable: boolean;
  /** Whether the backend can be reached and this node hears what others send. Only then may newcomers be sent here. */
  readonly isReady: boolean;
  /** Connects the rooms of a Socket.IO server with those of the other nodes, and reports what happens among them. */
  attach(io: Server, events: ClusterEvents): void;
  /** Takes relays to other nodes past Socket.IO's adapter; null where there is no other node. */
  readonly relayChannel: RelayChannel | null;
  /** The other nodes, for what operators ask; null where there can be none. */
  readonly others: OtherNodes | null;
  /**
   * Keeps what other nodes send to a room from now on, though no connection is in it here, until the returned function
   * is called. Then the connection in the room gets it.
   * @throws StoreError where the backend does not answer in time
   */
  expect(room: string): Promise<() => void>;
  /**
   * Whether a connection of another node is in a room, or about to be.
   * @throws StoreError where the backend does not answer
   */
  isHeard(room: string): Promise<boolean>;
  /** Reports to the other nodes that this one could not hear its clients for a time, ms since the epoch. */
  unheard(from: number, until: number): void;
  /** Reports to the node whose connection is in a room that this connection may have missed something. */
  missedIn(room: string): void;
  /**
   * Renews the lease at once where it has run out, if the backend can be reached: what is stored under a lost lease would
   * count as lost. Never rejects.
   * @returns null where the lease goes on
   */
  renewLapsed(): Promise<void> | null;
  /** Ends the lease, once no seat is held here any more: from now on this node counts as lost. */
  leave(): Promise<void>;
  /** Lets go of connections and timers. */
  close(): Promise<void>;
}

/** Asks the other nodes what only they know. */
export interface OtherNodes {
  /** The names of those that live, as far as this node knows. */
  readonly names: readonly string[];
  /** Says what this node answers to a question: anything that JSON can hold. */
  answer(question: string, answerer: () => unknown): void;
  /** @returns the answers by the names of the nodes, as far as they came within a second */
  ask(question: string): Promise<ReadonlyMap<string, unknown>>;
}

export interface ClusterEvents {
  /** Nodes were lost, and with them the connections of seats in any workspace. */
  onLost(): void;
  /** Another node could not hear its clients for a time, ms since the epoch. */
  onUnheard(from: number, until: number): void;
  /** Any notice may have been missed here, to any seat. */
  onMissed(): void;
  /**
   * These rooms may have missed one.
   * @param rooms names of rooms, or beginnings of many names
   * @param at when, at the latest: ms since the epoch
   */
  onMissedIn(rooms: readonly string[], at: number): void;
}

/** Delivers the JSON of an event to the connection of a seat; false where the adapter has to do it. */
export type Deliver = (room: string, event: string) => boolean;

/** Relays events between nodes past Socket.IO's adapter. */
export interface RelayChannel {
  /** @param event its JSON: name and payload */
  send(room: string, event: string): void;
  /**
   * Has events that come from other nodes delivered, as far as each is for one seat.
   * @param deliverOwn delivers where `deliver` does not and this node sent the event, so that the adapter would not
   *   deliver it either: the seat was elsewhere when this node sent it, and was taken here before it came
   */
  receive(deliver: Deliver, deliverOwn: Deliver): void;
}

const SEPARATOR = '.';
const LAPSED = '~';

export function newNode(): string {
  return nanoid(8);
}

/** The name of a node's lease. @param lapses how many ran out before */
export function leaseOf(node: string, lapses: number): string {
  return `${node}${LAPSED}${lapses}`;
}

/** The name by which a document calls a connection. */
export function connectionName({ lease }: Pick<Cluster, 'lease'>, socketId: string): string {
  return `${lease}${SEPARATOR}${socketId}`;
}

/** The socket of a connection's name. */
export function socketOf(connection: string): string {
  return connection.slice(connection.indexOf(SEPARATOR) + 1);
}

/** The lease after which a connection or session is named, or ''. */
export function leaseIn(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf(SEPARATOR)));
}

/** The node after which a connection or session is named, or ''. */
export function nodeOf(name: string): string {
  return nodeOfLease(leaseIn(name));
}

/** The node that has, or had, a lease. */
export function nodeOfLease(lease: string): string {
  return lease.split(LAPSED)[0] ?? '';
}

const released = () => {};

/** A server of one node. @param now its clock, in ms since the epoch */
export function singleNode(now: () => number): Cluster {
  const node = newNode();
  return {
    node,
    lease: node,
    now,
    isReachable: true,
    isReady: true,
    lostAt: () => null,
    backSince: Number.NEGATIVE_INFINITY,
    attach() {},
    relayChannel: null,
    others: null,
    expect: async () => released,
    isHeard: async () => false,
    unheard() {},
    missedIn() {},
    renewLapsed: () => null,
    async leave() {},
    async close() {},
  };
}
