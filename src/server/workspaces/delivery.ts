import type { Namespace, Server, Socket } from 'socket.io';
import { notices } from '../../protocol/notices.ts';
import { type Cluster, socketOf } from '../cluster.ts';
import type { Effect, UserEffect, WaitingEffect } from '../domain/change.ts';
import { channelHint } from '../transport/channel-hint.ts';
import { seatRoom } from '../transport/seat-rooms.ts';
import { userRoom } from '../transport/user-rooms.ts';
import { placeRoom } from '../transport/waiting-rooms.ts';
import { ADMITTED, type IncomingEvents } from './incoming-events.ts';
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
   * @param room the room of the seat, or of the place in a waiting room
   * @returns a function that ends the wait
   * @throws StoreError where the nodes cannot promise that
   */
  async expect(socket: Socket, room: string): Promise<() => void> {
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

  /** Sends notices to people in the waiting room. @param whereIs at which node a person's connection is */
  notifyWaiting(
    workspaceId: string,
    effects: readonly WaitingEffect[],
    whereIs: (personId: string) => Whereabouts,
  ): void {
    for (const { toWaiting, notice, payload } of effects) {
      const parsed = notices[notice].payload.parse(payload);
      for (const person of toWaiting) {
        const where = whereIs(person);
        const to = where === 'here' ? this.#namespace.local : this.#namespace;
        if (where !== 'nowhere') to.to(placeRoom(workspaceId, person)).emit(notice, parsed);
      }
    }
  }

  /**
   * Somebody who waited has a seat: the node of the connection gives it the seat, and then the answer of `attend`.
   * @param connection the name of the connection that holds the seat by now
   */
  admit(workspaceId: string, personId: string, connection: string | null): void {
    const room = placeRoom(workspaceId, personId);
    const where = this.#locations.whereIs(connection);
    if (where === 'here') this.#incoming.admit(room);
    if (where === 'elsewhere') this.#namespace.to(room).emit(ADMITTED);
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
   * Gives a seat or a place to a connection. The former connection hears `superseded` and is closed.
   * @param room the room of the seat or place
   * @param former the name of the former connection
   */
  hold(socket: Socket, room: string, former: string | null): void {
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
   * Takes a seat or a place from its connection. The connection stays open and may take other seats.
   * @param room the room of the seat or place
   * @param former the name of that connection, which may be at another node
   */
  end(room: string, former: string | null): void {
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
