import { createHash } from 'node:crypto';

const USER = 'user:';

/** Characters of a hash that are enough to keep users apart (132 bits), and short enough for the name of a channel. */
const HASH_LENGTH = 22;

/**
 * The room of all connections of a user, on all nodes. It is named after a hash, because ids of users are of any form and
 * length.
 */
export function userRoom(userId: string): string {
  return USER + createHash('sha256').update(userId).digest('base64url').slice(0, HASH_LENGTH);
}

/** Whether a room is that of a user: nobody need be in it. */
export function isUserRoom(room: string): boolean {
  return room.startsWith(USER);
}
