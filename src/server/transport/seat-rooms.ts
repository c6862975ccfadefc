import type { Socket } from 'socket.io';

// Every seat has a room of its own. The connection that holds the seat is the only one in it, and that proves that the
// seat has not ended. Ids have no colon, so no two seats share a room, nor do two workspaces.

const SEAT = 'seat:';

export function seatRoom(workspaceId: string, attendeeId: string): string {
  return `${workspaceRooms(workspaceId)}${attendeeId}`;
}

/** The prefix of the rooms of all seats of a workspace. */
export function workspaceRooms(workspaceId: string): string {
  return `${SEAT}${workspaceId}:`;
}

/** Whether this is a prefix of many rooms, and not a room. */
export function areMany(rooms: string): boolean {
  return rooms.endsWith(':');
}

/** The room of another attendee of the same workspace. */
export function neighbour(room: string, attendeeId: string): string {
  return `${room.slice(0, room.lastIndexOf(':') + 1)}${attendeeId}`;
}

/** Whether a room is that of a seat; others are those of connections and users. */
export function isSeatRoom(room: string): boolean {
  return room.startsWith(SEAT);
}

/** The seats that a connection holds. */
export function seatsOf(socket: Socket): { workspace: string; attendee: string }[] {
  return [...socket.rooms].filter(isSeatRoom).map((room) => {
    const [workspace = '', attendee = ''] = room.slice(SEAT.length).split(':');
    return { workspace, attendee };
  });
}

/** Whether a connection holds a seat, however many. */
export function hasSeat(socket: Socket): boolean {
  for (const room of socket.rooms) if (isSeatRoom(room)) return true;
  return false;
}
