/** Nodes of other versions read this prefix, so it never changes. */
const HINT = 'way:';

/**
 * A room that stays empty for ever. A message to one connection that excludes this room travels on the channel of the
 * hinted room: behind everything that was sent there before, and only to the nodes that listen there.
 */
export function channelHint(room: string): string {
  return `${HINT}${room}`;
}

/** The hinted room, if one of the excluded rooms is a hint. */
export function hintedRoom(except: readonly string[]): string | null {
  return except.find((room) => room.startsWith(HINT))?.slice(HINT.length) ?? null;
}
