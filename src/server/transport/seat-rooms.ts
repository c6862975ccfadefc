import type { Socket } from 'socket.io';

// Every seat has a room of its own, and whoever holds the seat is the one connection in it. That room is what proves
// that a connection's seat has not ended; ids have no colon, so no two seats share a room, nor do two workspaces.

const SEAT = 'seat:';

export function seatRoom(workspaceId: string, attendeeId: string): string {
  return `${workspaceRooms(workspaceId)}${attendeeId}`;
}

/** What the rooms of all seats of a workspace begin with. */
export function workspaceRooms(workspaceId: string): string {
  return `${SEAT}${workspaceId}:`;
}

/** Whether that is the beginning of many rooms, and no room. */
export function areMany(rooms: string): boolean {
  return rooms.endsWith(':');
}

/** The room of another attendee of the same workspace. */
export function neighbour(room: string, attendeeId: string): string {
  return `${room.slice(0, room.lastIndexOf(':') + 1)}${attendeeId}`;
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
