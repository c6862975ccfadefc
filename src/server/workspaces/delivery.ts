import type { Namespace, Server, Socket } from 'socket.io';
import { notices } from '../../protocol/notices.ts';
import { type Cluster, socketOf } from '../cluster.ts';
import type { Effect, UserEffect } from '../domain/change.ts';
import { channelHint } from '../transport/channel-hint.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import { userRoom } from '../transport/user-rooms.ts';
import type { IncomingEvents } from './incoming-events.ts';
import type { SeatLocations, Whereabouts } from './seat-locations.ts';

/** Sends notices to seats, and gives seats to connections. */
export class Delivery {
  readonly #namespace: Namespace;
  readonly #cluster: Cluster;
  readonly #locations: SeatLocations;
  readonly #incoming: IncomingEvents;

  constructor(io: Server, cluster: Cluster, locations: SeatLocations, incoming: IncomingEvents) {
    this.#namespace = io.of('/');
    this.#cluster = cluster;
    this.#locations = locations;
    this.#incoming = incoming;
  }

  /**
   * Makes sure that a connection which is about to take a seat misses nothing that is sent to the seat from now on:
   * messages of other nodes wait, so that they come after the connection's reply.
   * @returns a function that ends the wait
   * @throws StoreError where the nodes cannot promise that
   */
  async expect(socket: Socket, workspaceId: string, attendeeId: string): Promise<() => void> {
    const room = seatRoom(workspaceId, attendeeId);
    return socket.rooms.has(room) ? () => {} : this.#cluster.expect(room);
  }

  /**
   * Sends notices. Each goes through its schema, which drops every member that it does not know.
   * @param whereIs at which node an attendee's seat is held
   */
  notify(workspaceId: string, effects: readonly Effect[], whereIs: (attendeeId: string) => Whereabouts): void {
    for (const { to, notice, payload } of effects) {
      const rooms = (where: Whereabouts) =>
        to.filter((attendeeId) => whereIs(attendeeId) === where).map((attendeeId) => seatRoom(workspaceId, attendeeId));
      const [here, elsewhere] = [rooms('here'), rooms('elsewhere')];
      if (here.length + elsewhere.length === 0) continue;
      const parsed = notices[notice].payload.parse(payload);
      if (notice === 'kicked') this.#incoming.refuseFrom(seatRoom(workspaceId, payload.id));
      if (here.length > 0) this.#namespace.local.to(here).emit(notice, parsed);
      // One message a seat, so that each goes only to the node that holds the seat.
      for (const room of elsewhere) this.#namespace.to(room).emit(notice, parsed);
    }
  }

  /** Sends notices to all connections of users, on all nodes. A user may have none. */
  notifyUsers(effects: readonly UserEffect[]): void {
    for (const { toUsers, except, notice, payload } of effects) {
      const parsed = notices[notice].payload.parse(payload);
      // One message a user, so that each goes only to the nodes where the user is.
      for (const user of toUsers) {
        const connections = this.#namespace.to(userRoom(user));
        (except === undefined ? connections : connections.except(socketOf(except))).emit(notice, parsed);
      }
    }
  }

  /** Hands a checked relay on to one seat, unaltered; past the adapter where the seat is here, because that costs less. */
  relay(workspaceId: string, attendeeId: string, notice: string, payload: unknown): void {
    const holder = this.#locations.holder(workspaceId, attendeeId);
    if (holder) holder.emit(notice, payload);
    else this.#namespace.to(seatRoom(workspaceId, attendeeId)).emit(notice, payload);
  }

  /**
   * Gives a seat to a connection. The former connection hears `superseded` and is closed.
   * @param former the name of the former connection
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

  /** Tells a connection that a newer one holds its seat, and closes it. */
  supersede(socket: Socket): void {
    socket.emit('superseded', notices.superseded.payload.parse({}));
    socket.disconnect(true);
  }

  /**
   * Takes a seat from its connection. The connection stays open and may take other seats.
   * @param former the name of that connection, which may be at another node
   */
  end(workspaceId: string, attendeeId: string, former: string | null): void {
    const room = seatRoom(workspaceId, attendeeId);
    this.#locations.forgetElsewhere(room);
    this.#namespace.local.in(room).socketsLeave(room);
    for (const connection of this.#atAnotherNode(former, room)) connection.socketsLeave(room);
  }

  /**
   * One connection at another node. It is addressed by its own id and not by the seat's room, because a newer connection
   * may be in that room when the message arrives. The message still travels on the room's channel, behind everything
   * that was sent there before.
   */
  #atAnotherNode(connection: string | null, room: string): ReturnType<Namespace['in']>[] {
    if (connection === null || this.#locations.whereIs(connection) !== 'elsewhere') return [];
    return [this.#namespace.in(socketOf(connection)).except(channelHint(room))];
  }
}
