import { workspaceOf } from './invitation.ts';

/** What a page needs to take a seat again. */
export interface StoredSeat {
  workspace: string;
  attendee: string;
  accessToken: string;
  /** The invitation of its workspace. */
  token: string;
}

export type StoragePlace = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

const SEAT = 'mesh-workspaces.seat';
const OWNED = 'mesh-workspaces.owned';
/** How many workspaces of an owner are remembered. */
const MAX_OWNED = 20;

/**
 * Keeps the seat of a page over a reload, and the places of an owner, who can always come back. Storage that is full,
 * forbidden or holds something else counts as empty.
 */
export class SeatStorage {
  readonly #place: StoragePlace | null;
  readonly #ownerPlace: StoragePlace | null;

  /** @param place of this page, @param ownerPlace of all pages of this browser */
  constructor(place: StoragePlace | null, ownerPlace: StoragePlace | null) {
    this.#place = place;
    this.#ownerPlace = ownerPlace;
  }

  /** The seat of this page. */
  read(): StoredSeat | null {
    return toSeat(read(this.#place, SEAT));
  }

  write(seat: StoredSeat | null): void {
    write(this.#place, SEAT, seat);
  }

  /** The owner's place in the workspace that an invitation is for; a former one will do. */
  owned(token: string): StoredSeat | null {
    return this.#allOwned().find((seat) => isFor(token, seat)) ?? null;
  }

  keepOwned(seat: StoredSeat): void {
    const others = this.#allOwned().filter(({ workspace }) => workspace !== seat.workspace);
    write(this.#ownerPlace, OWNED, [...others, seat].slice(-MAX_OWNED));
  }

  forgetOwned(workspace: string): void {
    const others = this.#allOwned().filter((seat) => seat.workspace !== workspace);
    write(this.#ownerPlace, OWNED, others.length === 0 ? null : others);
  }

  #allOwned(): StoredSeat[] {
    const stored = read(this.#ownerPlace, OWNED);
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

function read(place: StoragePlace | null, key: string): unknown {
  try {
    return JSON.parse(place?.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

function write(place: StoragePlace | null, key: string, value: object | null): void {
  try {
    if (value) place?.setItem(key, JSON.stringify(value));
    else place?.removeItem(key);
  } catch {
    // Then a reload has to join again.
  }
}
