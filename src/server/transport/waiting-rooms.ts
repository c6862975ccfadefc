import type { Socket } from 'socket.io';

// Every place in a waiting room has a Socket.IO room of its own, with the connection of its holder. It is no seat's room: a
// person in one can send and get nothing of what people with seats send each other.

const WAITING = 'waiting:';

export function placeRoom(workspaceId: string, personId: string): string {
  return `${placeRooms(workspaceId)}${personId}`;
}

/** The prefix of the rooms of all places of a workspace. */
export function placeRooms(workspaceId: string): string {
  return `${WAITING}${workspaceId}:`;
}

export function isPlaceRoom(room: string): boolean {
  return room.startsWith(WAITING);
}

/** The places that a connection has in waiting rooms. */
export function placesOf(socket: Socket): { workspace: string; person: string }[] {
  return [...socket.rooms].filter(isPlaceRoom).map((room) => {
    const [workspace = '', person = ''] = room.slice(WAITING.length).split(':');
    return { workspace, person };
  });
}

/** Whether a connection has a place in a waiting room. */
export function isWaiting(socket: Socket): boolean {
  for (const room of socket.rooms) if (isPlaceRoom(room)) return true;
  return false;
}
