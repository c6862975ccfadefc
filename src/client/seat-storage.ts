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

/**
 * Keeps the seat over a reload, and the places of an owner who left and may come back. Storage that is full, forbidden
 * or holds something else counts as empty.
 */
export class SeatStorage {
  readonly #place: StoragePlace | null;

  constructor(place: StoragePlace | null) {
    this.#place = place;
  }

  /** The seat of this page. */
  read(): StoredSeat | null {
    return this.#read(SEAT);
  }

  write(seat: StoredSeat | null): void {
    this.#write(SEAT, seat);
  }

  /** The place of an owner who left, in the workspace that an invitation is for. */
  owned(token: string): StoredSeat | null {
    const seat = this.#read(OWNED);
    return seat?.token === token ? seat : null;
  }

  keepOwned(seat: StoredSeat | null): void {
    this.#write(OWNED, seat);
  }

  #read(key: string): StoredSeat | null {
    try {
      const stored: Partial<Record<keyof StoredSeat, unknown>> = JSON.parse(this.#place?.getItem(key) ?? 'null') ?? {};
      const { workspace, attendee, accessToken, token } = stored;
      if (typeof workspace !== 'string' || typeof attendee !== 'string') return null;
      if (typeof accessToken !== 'string' || typeof token !== 'string') return null;
      return { workspace, attendee, accessToken, token };
    } catch {
      return null;
    }
  }

  #write(key: string, seat: StoredSeat | null): void {
    try {
      if (seat) this.#place?.setItem(key, JSON.stringify(seat));
      else this.#place?.removeItem(key);
    } catch {
      // Then a reload has to join again.
    }
  }
}
