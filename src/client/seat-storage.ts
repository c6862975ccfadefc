import { workspaceOf } from './invitation.ts';
import { readStored, type StoragePlace, writeStored } from './storage.ts';

/** Everything that a page needs to take a seat again. */
export interface StoredSeat {
  workspace: string;
  attendee: string;
  accessToken: string;
  /** The invitation of the workspace. */
  token: string;
}

const SEAT = 'mesh-workspaces.seat';
const OWNED = 'mesh-workspaces.owned';
/** A browser remembers the owner's seats of this many workspaces. */
const MAX_OWNED = 20;

/**
 * Remembers the seat of a page for a reload, and the seats of an owner, who can always come back. Storage that is full,
 * forbidden or holds something else counts as empty.
 */
export class SeatStorage {
  readonly #place: StoragePlace | null;
  readonly #ownerPlace: StoragePlace | null;

  /** @param place storage of this page, @param ownerPlace storage that all pages of this browser share */
  constructor(place: StoragePlace | null, ownerPlace: StoragePlace | null) {
    this.#place = place;
    this.#ownerPlace = ownerPlace;
  }

  /** The remembered seat of this page. */
  read(): StoredSeat | null {
    return toSeat(readStored(this.#place, SEAT));
  }

  write(seat: StoredSeat | null): void {
    writeStored(this.#place, SEAT, seat);
  }

  /** The owner's seat in the workspace of an invitation, the latest or a former one. */
  owned(token: string): StoredSeat | null {
    return this.#allOwned().find((seat) => isFor(token, seat)) ?? null;
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
export function isFor(token: string, seat: StoredSeat): boolean {
  return token === seat.token || workspaceOf(token) === seat.workspace;
}

function toSeat(stored: unknown): StoredSeat | null {
  const { workspace, attendee, accessToken, token }: Partial<Record<keyof StoredSeat, unknown>> = stored ?? {};
  if (typeof workspace !== 'string' || typeof attendee !== 'string') return null;
  if (typeof accessToken !== 'string' || typeof token !== 'string') return null;
  return { workspace, attendee, accessToken, token };
}
