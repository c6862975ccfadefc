import { isOwnerLink, workspaceOf } from './invitation.ts';
import { readStored, type StoragePlace, writeStored } from './storage.ts';

/** Everything that a page needs to take a seat again. */
export interface StoredSeat {
  workspace: string;
  attendee: string;
  accessToken: string;
  /** The invitation of the workspace. */
  token: string;
}

/** Everything that a page needs to take its place in a waiting room again. */
export interface StoredKnock {
  /** The invitation. */
  token: string;
  pin?: string;
  attendee: { name?: string; avatar?: string };
  /** The session of the page that knocked, by which the server knows its place. */
  session: string;
}

const SEAT = 'mesh-workspaces.seat';
const KNOCK = 'mesh-workspaces.knock';
const OWNED = 'mesh-workspaces.owned';
/** A browser remembers the owner's seats of this many workspaces. */
const MAX_OWNED = 20;

/**
 * Remembers the seat of a page, or its place in a waiting room, for a reload, and the seats of an owner, who can always
 * come back. Storage that is full, forbidden or holds something else counts as empty.
 */
export class SeatStorage {
  readonly #place: StoragePlace | null;
  readonly #ownerPlace: StoragePlace | null;

  /** @param place storage of this page, @param ownerPlace storage that all pages of this browser share */
  constructor(place: StoragePlace | null, ownerPlace: StoragePlace | null) {
    this.#place = place;
    this.#ownerPlace = ownerPlace;
  }

  /** The remembered seat of this page. @param invitation if given, only a seat that its link means */
  read(invitation?: string): StoredSeat | null {
    const seat = toSeat(readStored(this.#place, SEAT));
    return seat && (invitation === undefined || this.#isMeant(invitation, seat)) ? seat : null;
  }

  write(seat: StoredSeat | null): void {
    writeStored(this.#place, SEAT, seat);
  }

  /** The remembered place of this page in a waiting room. @param invitation if given, only in the workspace of this one */
  readKnock(invitation?: string): StoredKnock | null {
    const knock = toKnock(readStored(this.#place, KNOCK));
    return knock && (invitation === undefined || isSameWorkspace(invitation, knock.token)) ? knock : null;
  }

  writeKnock(knock: StoredKnock | null): void {
    writeStored(this.#place, KNOCK, knock);
  }

  /** The owner's seat in the workspace of an invitation, the latest or a former one. */
  owned(token: string): StoredSeat | null {
    return this.#allOwned().find((seat) => isFor(token, seat)) ?? null;
  }

  ownedIn(workspace: string): StoredSeat | null {
    return this.#allOwned().find((seat) => seat.workspace === workspace) ?? null;
  }

  /** Whether a link means a remembered seat: an owner link only that of the owner. */
  #isMeant(token: string, seat: StoredSeat): boolean {
    return isFor(token, seat) && (!isOwnerLink(token) || this.owned(token)?.attendee === seat.attendee);
  }

  rememberOwned(seat: StoredSeat): void {
    const others = this.#allOwned().filter(({ workspace }) => workspace !== seat.workspace);
    writeStored(this.#ownerPlace, OWNED, [...others, seat].slice(-MAX_OWNED));
  }

  forgetOwned(workspace: string): void {
    const others = this.#allOwned().filter((seat) => seat.workspace !== workspace);
    writeStored(this.#ownerPlace, OWNED, others.length === 0 ? null : others);
  }

  #allOwned(): StoredSeat[] {
    const stored = readStored(this.#ownerPlace, OWNED);
    return Array.isArray(stored) ? stored.map(toSeat).filter((seat) => seat !== null) : [];
  }
}

/** Whether an invitation, the latest or a former one, is for the workspace of a seat. */
function isFor(token: string, seat: StoredSeat): boolean {
  return token === seat.token || workspaceOf(token) === seat.workspace;
}

/** Whether two invitations are for the same workspace. */
export function isSameWorkspace(token: string, other: string): boolean {
  return token === other || (workspaceOf(token) !== null && workspaceOf(token) === workspaceOf(other));
}

function toKnock(stored: unknown): StoredKnock | null {
  const { token, pin, attendee, session }: Partial<Record<keyof StoredKnock, unknown>> = stored ?? {};
  if (typeof token !== 'string' || typeof session !== 'string') return null;
  const { name, avatar }: { name?: unknown; avatar?: unknown } = attendee ?? {};
  return {
    token,
    session,
    ...(typeof pin === 'string' ? { pin } : {}),
    attendee: {
      ...(typeof name === 'string' ? { name } : {}),
      ...(typeof avatar === 'string' ? { avatar } : {}),
    },
  };
}

function toSeat(stored: unknown): StoredSeat | null {
  const { workspace, attendee, accessToken, token }: Partial<Record<keyof StoredSeat, unknown>> = stored ?? {};
  if (typeof workspace !== 'string' || typeof attendee !== 'string') return null;
  if (typeof accessToken !== 'string' || typeof token !== 'string') return null;
  return { workspace, attendee, accessToken, token };
}
