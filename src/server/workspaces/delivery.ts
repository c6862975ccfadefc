import type { Namespace, Server, Socket } from 'socket.io';
import { notices } from '../../protocol/notices.ts';
import { type Cluster, connectionName, leaseIn, nodeOf, socketOf } from '../cluster.ts';
import { ExpiringSet } from '../collections/expiring-set.ts';
import type { Effect } from '../domain/change.ts';
import { channelHint } from '../transport/channel-hint.ts';
import { areMany, hasSeat, neighbour, seatRoom, seatsOf } from '../transport/seat-rooms.ts';

/** Where the connection of a seat is: at this node, at another one, or at none. */
export type Whereabouts = 'here' | 'elsewhere' | 'nowhere';

/** A seat that is held here. */
export interface HeldSeat {
  readonly workspace: string;
  readonly attendee: string;
  readonly socket: Socket;
}

/** The notices by which everybody in a workspace hears that somebody has no seat there any more; who, comes first. */
const FAREWELL = /^\["(leave|kicked)",\{"id":"([\w-]+)"/;

/** Who sends a relay: the attendee of a description, the broadcaster of a candidate. */
const SENDER =
  /^\["(?:negotiation",\{|icecandidate",\{"attendee":\{"id":"[\w-]+"\},)"(?:attendee|broadcaster)":\{"id":"([\w-]+)"/;

/** Brings notices to seats, and seats to connections. */
export class Delivery {
  /** The only one there is. It is looked up once, because every relay goes through it. */
  readonly #namespace: Namespace;
  readonly #cluster: Cluster;
  /** Seats by their rooms that other nodes hold, and those that were taken from somebody. */
  readonly #elsewhere = new ExpiringSet();
  readonly #kicked = new ExpiringSet();
  readonly #names = new WeakMap<Socket, string>();

  constructor(io: Server, cluster: Cluster) {
    this.#namespace = io.of('/');
    this.#cluster = cluster;
  }

  /** The name of a connection, for the document: the same one as long as it has a seat. */
  nameOf(socket: Socket): string {
    const known = this.#names.get(socket);
    return known !== undefined && hasSeat(socket) ? known : this.rename(socket);
  }

  /** Names a connection after the present lease of this node, which may be another one than when it took its seats. */
  rename(socket: Socket): string {
    const name = connectionName(this.#cluster, socket.id);
    this.#names.set(socket, name);
    return name;
  }

  /** Whether the lease that a connection is named after has run out. */
  isOutdated(socket: Socket): boolean {
    return leaseIn(this.nameOf(socket)) !== this.#cluster.lease;
  }

  whereIs(connection: string | null): Whereabouts {
    if (connection === null) return 'nowhere';
    return nodeOf(connection) === this.#cluster.node ? 'here' : 'elsewhere';
  }

  /** Whether a connection of this very node holds the seat. */
  isHere(workspaceId: string, attendeeId: string): boolean {
    return this.#namespace.adapter.rooms.has(seatRoom(workspaceId, attendeeId));
  }

  /** The connection of this very node that holds the seat. */
  holder(workspaceId: string, attendeeId: string): Socket | null {
    return this.holderOf(seatRoom(workspaceId, attendeeId));
  }

  /** As `holder`, of a seat's room. */
  holderOf(room: string): Socket | null {
    const { adapter, sockets } = this.#namespace;
    for (const socketId of adapter.rooms.get(room) ?? []) return sockets.get(socketId) ?? null;
    return null;
  }

  /** Those who hold a seat here, by its room or the beginning of many. */
  holdersOf(rooms: string): Socket[] {
    const named = areMany(rooms)
      ? [...this.#namespace.adapter.rooms.keys()].filter((room) => room.startsWith(rooms))
      : [rooms];
    return named.flatMap((room) => this.holderOf(room) ?? []);
  }

  /** Whether exactly one connection is in a room; there can be two while one of them takes the seat from the other. */
  isHeldByOne(room: string): boolean {
    return this.#namespace.adapter.rooms.get(room)?.size === 1;
  }

  /** Whether a seat, by its room, was held by another node a moment ago, and nodes can reach each other. */
  isElsewhere(room: string): boolean {
    return this.#cluster.isReachable && this.#elsewhere.has(room);
  }

  /** Remembers that, for a moment: so that not every candidate asks the store for its target. */
  sawElsewhere(room: string): void {
    this.#elsewhere.add(room);
  }

  /**
   * Hears what another node sends to a seat that is held here: farewells, for what is remembered of others; and relays of
   * those who were removed, whose node may not have heard of it yet.
   * @returns whether it must not be handed on
   */
  overhear(room: string, event: string): boolean {
    const [, farewell, gone] = FAREWELL.exec(event) ?? [];
    if (gone !== undefined) this.#elsewhere.forget(neighbour(room, gone));
    if (gone !== undefined && farewell === 'kicked') this.#kicked.add(neighbour(room, gone));
    if (this.#kicked.isEmpty) return false;
    const sender = SENDER.exec(event)?.[1];
    return sender !== undefined && this.#kicked.has(neighbour(room, sender));
  }

  /**
   * Hands an event on to a seat that is held here.
   * @param event its JSON, a character a byte
   * @returns whether there is such a seat
   */
  deliver(room: string, event: string): boolean {
    const holder = this.holderOf(room);
    const [notice, payload] = JSON.parse(Buffer.from(event, 'latin1').toString());
    holder?.emit(notice, payload);
    return holder !== null;
  }

  /** All seats that are held here. */
  seats(): HeldSeat[] {
    return [...this.#namespace.sockets.values()].flatMap((socket) =>
      seatsOf(socket).map((seat) => ({ ...seat, socket })),
    );
  }

  /**
   * Sees to it that a connection that is about to take a seat gets everything that is sent to it from now on, though after
   * its answer: what other nodes send waits until the returned function is called.
   * @throws StoreError where that cannot be had
   */
  async expect(socket: Socket, workspaceId: string, attendeeId: string): Promise<() => void> {
    const room = seatRoom(workspaceId, attendeeId);
    return socket.rooms.has(room) ? () => {} : this.#cluster.expect(room);
  }

  /**
   * Sends notices as they are described; members that their schemas don't know stay here.
   * @param whereIs where somebody's seat is held
   */
  notify(workspaceId: string, effects: readonly Effect[], whereIs: (attendeeId: string) => Whereabouts): void {
    for (const { to, notice, payload } of effects) {
      const rooms = (where: Whereabouts) =>
        to.filter((attendeeId) => whereIs(attendeeId) === where).map((attendeeId) => seatRoom(workspaceId, attendeeId));
      const [here, elsewhere] = [rooms('here'), rooms('elsewhere')];
      if (here.length + elsewhere.length === 0) continue;
      const parsed = notices[notice].payload.parse(payload);
      if (notice === 'kicked') this.#kicked.add(seatRoom(workspaceId, payload.id));
      if (here.length > 0) this.#namespace.local.to(here).emit(notice, parsed);
      // One by one, so that each goes to the one node where it is wanted.
      for (const room of elsewhere) this.#namespace.to(room).emit(notice, parsed);
    }
  }

  /** Hands a checked message on to one seat, unaltered; past the adapter where the seat is here, because that costs less. */
  relay(workspaceId: string, attendeeId: string, notice: string, payload: unknown): void {
    const holder = this.holder(workspaceId, attendeeId);
    if (holder) holder.emit(notice, payload);
    else this.#namespace.to(seatRoom(workspaceId, attendeeId)).emit(notice, payload);
  }

  /**
   * Gives a seat to a connection; who held it until now is told and closed.
   * @param former the name of that one, should it be at another node
   */
  hold(socket: Socket, workspaceId: string, attendeeId: string, former: string | null): void {
    const room = seatRoom(workspaceId, attendeeId);
    if (socket.rooms.has(room)) return;
    const others = [this.#namespace.local.in(room).except(socket.id), ...this.#atAnotherNode(former, room)];
    for (const other of others) {
      other.emit('superseded', notices.superseded.payload.parse({}));
      other.disconnectSockets(true);
    }
    socket.join(room);
  }

  /**
   * Whether what a connection has sent comes too late to give it a seat that one at another node holds: it had the seat
   * before and has not been told yet, or is gone.
   */
  isSuperseded(socket: Socket, workspaceId: string, attendeeId: string, holder: string | null): boolean {
    if (this.whereIs(holder) !== 'elsewhere') return false;
    return !socket.connected || socket.rooms.has(seatRoom(workspaceId, attendeeId));
  }

  /** Tells a connection that a newer one has its seat, and closes it. */
  supersede(socket: Socket): void {
    socket.emit('superseded', notices.superseded.payload.parse({}));
    socket.disconnect(true);
  }

  /**
   * Takes a seat from its connection, which stays open and may take others.
   * @param former the name of that one, should it be at another node
   */
  end(workspaceId: string, attendeeId: string, former: string | null): void {
    const room = seatRoom(workspaceId, attendeeId);
    this.#elsewhere.forget(room);
    this.#namespace.local.in(room).socketsLeave(room);
    for (const connection of this.#atAnotherNode(former, room)) connection.socketsLeave(room);
  }

  /**
   * A connection at another node: that one and not the room, in which a newer one may be by the time that this is heard
   * there; but by the channel of the room, so that it hears first what was sent there before.
   */
  #atAnotherNode(connection: string | null, room: string): ReturnType<Namespace['in']>[] {
    if (connection === null || this.whereIs(connection) !== 'elsewhere') return [];
    return [this.#namespace.in(socketOf(connection)).except(channelHint(room))];
  }
}
