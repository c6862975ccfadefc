import type { Namespace, Server, Socket } from 'socket.io';
import { type Cluster, connectionName, leaseIn, nodeOf } from '../cluster.ts';
import { ExpiringSet } from '../collections/expiring-set.ts';
import { areMany, hasSeat, seatRoom, seatsOf } from '../transport/seat-rooms.ts';
import { isWaiting, placesOf } from '../transport/waiting-rooms.ts';

/** Where the connection of a seat is: at this node, at another node, or at none. */
export type Whereabouts = 'here' | 'elsewhere' | 'nowhere';

/** A seat that a connection of this node holds, or a place in a waiting room, whose id the attendee will have. */
interface HeldSeat {
  readonly workspace: string;
  readonly attendee: string;
  readonly socket: Socket;
}

/** Knows which connection holds which seat, and at which node. */
export class SeatLocations {
  /** The namespace `/`. Looked up once, because every relay passes here. */
  readonly #namespace: Namespace;
  readonly #cluster: Cluster;
  /** Rooms of seats that another node held a moment ago. */
  readonly #elsewhere = new ExpiringSet();
  readonly #names = new WeakMap<Socket, string>();

  constructor(io: Server, cluster: Cluster) {
    this.#namespace = io.of('/');
    this.#cluster = cluster;
  }

  /** The name of a connection in documents. It stays the same as long as the connection has a seat, or waits for one. */
  nameOf(socket: Socket): string {
    const known = this.#names.get(socket);
    return known !== undefined && (hasSeat(socket) || isWaiting(socket)) ? known : this.rename(socket);
  }

  /** Names a connection after the present lease of this node; the lease may have changed since the seat was taken. */
  rename(socket: Socket): string {
    const name = connectionName(this.#cluster, socket.id);
    this.#names.set(socket, name);
    return name;
  }

  /** Whether the lease in a connection's name has run out. */
  isOutdated(socket: Socket): boolean {
    return leaseIn(this.nameOf(socket)) !== this.#cluster.lease;
  }

  /** @param connection the name of a connection, from a document */
  whereIs(connection: string | null): Whereabouts {
    if (connection === null) return 'nowhere';
    return nodeOf(connection) === this.#cluster.node ? 'here' : 'elsewhere';
  }

  /** Whether a connection of this node holds the seat. */
  isHere(workspaceId: string, attendeeId: string): boolean {
    return this.#namespace.adapter.rooms.has(seatRoom(workspaceId, attendeeId));
  }

  /** The connection of this node that holds the seat. */
  holder(workspaceId: string, attendeeId: string): Socket | null {
    return this.holderOf(seatRoom(workspaceId, attendeeId));
  }

  /** As `holder`, by the room of the seat. */
  holderOf(room: string): Socket | null {
    const { adapter, sockets } = this.#namespace;
    for (const socketId of adapter.rooms.get(room) ?? []) return sockets.get(socketId) ?? null;
    return null;
  }

  /** The connections of this node in rooms. @param rooms the room of a seat or a user, or the prefix of many rooms */
  holdersOf(rooms: string): Socket[] {
    const { adapter, sockets } = this.#namespace;
    const named = areMany(rooms) ? [...adapter.rooms.keys()].filter((room) => room.startsWith(rooms)) : [rooms];
    return named.flatMap((room) => [...(adapter.rooms.get(room) ?? [])].flatMap((id) => sockets.get(id) ?? []));
  }

  /** Has a function called whenever a connection of this node takes or leaves a seat. */
  onChange(listener: () => void): void {
    this.#namespace.adapter.on('join-room', listener).on('leave-room', listener);
  }

  /** Whether exactly one connection is in a room. There are two while a newer connection takes the seat over. */
  isHeldByOne(room: string): boolean {
    return this.#namespace.adapter.rooms.get(room)?.size === 1;
  }

  /** Whether another node held the seat of this room a moment ago, and the nodes can reach each other. */
  isElsewhere(room: string): boolean {
    return this.#cluster.isReachable && this.#elsewhere.has(room);
  }

  /** Remembers for a moment that another node holds a seat, so that not every candidate has to ask the store. */
  rememberElsewhere(room: string): void {
    this.#elsewhere.add(room);
  }

  /** Forgets it, because the seat has ended. */
  forgetElsewhere(room: string): void {
    this.#elsewhere.forget(room);
  }

  /** All seats that connections of this node hold. */
  seats(): HeldSeat[] {
    return [...this.#namespace.sockets.values()].flatMap((socket) =>
      seatsOf(socket).map((seat) => ({ ...seat, socket })),
    );
  }

  /** All places in waiting rooms that connections of this node hold. */
  places(): HeldSeat[] {
    return [...this.#namespace.sockets.values()].flatMap((socket) =>
      placesOf(socket).map(({ workspace, person }) => ({ workspace, attendee: person, socket })),
    );
  }

  /**
   * Whether a connection sent too late to take a seat or a place that a connection at another node holds: it held that
   * before and has not been told yet, or it is gone.
   * @param room the room of the seat or place
   * @param holder the name of the connection that holds it
   */
  isSuperseded(socket: Socket, room: string, holder: string | null): boolean {
    if (this.whereIs(holder) !== 'elsewhere') return false;
    return !socket.connected || socket.rooms.has(room);
  }
}
