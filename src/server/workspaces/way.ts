const WAY = 'way:';

/**
 * Nobody is ever in this room. Who leaves it out of a message to one connection has the message go by the channel of
 * another room: behind what was sent there before, and only to nodes that listen there.
 */
export function wayOf(room: string): string {
  return `${WAY}${room}`;
}

/** The other room, if one of the rooms that are left out names it. */
export function onTheWayOf(except: readonly string[]): string | null {
  return except.find((room) => room.startsWith(WAY))?.slice(WAY.length) ?? null;
}
