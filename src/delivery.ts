import type { Namespace, Server, Socket } from 'socket.io';
import type { Effect } from './domain/change.ts';
import { notices } from './protocol/notices.ts';

const SEAT = 'seat:';

/**
 * Every seat has a room of its own, and whoever holds the seat is the one connection in it. That room is what proves
 * that a connection's seat has not ended; ids have no colon, so no two seats share a room, nor do two workspaces.
 */
export function seatRoom(workspaceId: string, attendeeId: string): string {
  return `${SEAT}${workspaceId}:${attendeeId}`;
}

/** The seats that a connection holds. */
export function seatsOf(socket: Socket): { workspace: string; attendee: string }[] {
  return [...socket.rooms]
    .filter((room) => room.startsWith(SEAT))
    .map((room) => {
      const [workspace = '', attendee = ''] = room.slice(SEAT.length).split(':');
      return { workspace, attendee };
    });
}

/** Whether a connection holds a seat, however many. */
export function hasSeat(socket: Socket): boolean {
  for (const room of socket.rooms) if (room.startsWith(SEAT)) return true;
  return false;
}

/** Brings notices to seats, and seats to connections. */
export class Delivery {
  /** The only one there is. It is looked up once, because every relay goes through it. */
  readonly #namespace: Namespace;

  constructor(io: Server) {
    this.#namespace = io.of('/');
  }

  /** Whether a connection of this very server holds the seat. */
  isHere(workspaceId: string, attendeeId: string): boolean {
    return this.#namespace.adapter.rooms.has(seatRoom(workspaceId, attendeeId));
  }

  /** The connection of this very server that holds the seat. */
  holder(workspaceId: string, attendeeId: string): Socket | null {
    return this.holderOf(seatRoom(workspaceId, attendeeId));
  }

  /** As `holder`, of a seat's room. */
  holderOf(room: string): Socket | null {
    const { adapter, sockets } = this.#namespace;
    for (const socketId of adapter.rooms.get(room) ?? []) return sockets.get(socketId) ?? null;
    return null;
  }

  /** Sends notices as they are described; members that their schemas don't know stay here. */
  notify(workspaceId: string, effects: readonly Effect[]): void {
    for (const { to, notice, payload } of effects) {
      if (to.length === 0) continue;
      const rooms = to.map((attendeeId) => seatRoom(workspaceId, attendeeId));
      this.#namespace.to(rooms).emit(notice, notices[notice].payload.parse(payload));
    }
  }

  /** Hands a checked message on to one seat, unaltered; past the adapter where the seat is here, because that costs less. */
  relay(workspaceId: string, attendeeId: string, notice: string, payload: unknown): void {
    const holder = this.holder(workspaceId, attendeeId);
    if (holder) holder.emit(notice, payload);
    else this.#namespace.to(seatRoom(workspaceId, attendeeId)).emit(notice, payload);
  }

  /** Gives a seat to a connection; who held it until now is told and closed. */
  hold(socket: Socket, workspaceId: string, attendeeId: string): void {
    const room = seatRoom(workspaceId, attendeeId);
    if (socket.rooms.has(room)) return;
    const former = this.#namespace.in(room).except(socket.id);
    former.emit('superseded', notices.superseded.payload.parse({}));
    former.disconnectSockets(true);
    socket.join(room);
  }

  /** Takes seats from their connections, which stay open and may take others. */
  end(workspaceId: string, attendeeIds: readonly string[]): void {
    for (const attendeeId of attendeeIds) {
      const room = seatRoom(workspaceId, attendeeId);
      this.#namespace.in(room).socketsLeave(room);
    }
  }
}
