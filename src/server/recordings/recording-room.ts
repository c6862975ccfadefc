/** How long the use of a recording is remembered, ms: other nodes may add to it. */
const USE_MS = 5000;

/** Recordings whose use is remembered. */
const MOST_KNOWN = 200;

interface Use {
  /** Bytes on the disk, as they were measured last, with those that came since. */
  bytes: number;
  /** Until when that is believed, ms since the epoch. */
  until: number;
  /** Bytes that are on their way to the disk. */
  coming: number;
  /** Bytes that have come since this is remembered. */
  stored: number;
}

/** Room for bytes that are on their way to the disk. */
export interface Reservation {
  /** Gives it back. @param stored how many of the bytes are on the disk now */
  end(stored: number): void;
}

/** The room that recordings take, with what is on its way to the disk through this process. */
export class RecordingRoom {
  readonly #known = new Map<string, Use>();
  readonly #measure: (recordingId: string) => Promise<number>;
  readonly #now: () => number;
  #coming = 0;

  /** @param measure how many bytes a recording has on the disk @param now ms since the epoch */
  constructor(measure: (recordingId: string) => Promise<number>, now: () => number) {
    this.#measure = measure;
    this.#now = now;
  }

  /** Bytes of all recordings that are on their way to the disk. */
  get coming(): number {
    return this.#coming;
  }

  /**
   * Reserves room, so that requests which come at once do not take the same.
   * @param most bytes of the recording in all
   * @returns null where there is no room
   */
  async reserve(recordingId: string, bytes: number, most: number): Promise<Reservation | null> {
    const use = await this.#useOf(recordingId);
    if (use.bytes + use.coming + bytes > most) return null;
    use.coming += bytes;
    this.#coming += bytes;
    return {
      end: (stored) => {
        use.coming -= bytes;
        this.#coming -= bytes;
        use.bytes += stored;
        use.stored += stored;
      },
    };
  }

  forget(recordingId: string): void {
    this.#known.delete(recordingId);
  }

  async #useOf(recordingId: string): Promise<Use> {
    const use = this.#known.get(recordingId) ?? this.#remember(recordingId);
    if (use.until > this.#now()) return use;
    const before = use.stored;
    const bytes = await this.#measure(recordingId);
    // What came meanwhile may be counted twice until the next time, and is never left out.
    use.bytes = bytes + use.stored - before;
    use.until = this.#now() + USE_MS;
    return use;
  }

  #remember(recordingId: string): Use {
    if (this.#known.size >= MOST_KNOWN) {
      for (const [id, { coming, until }] of this.#known)
        if (coming === 0 && until <= this.#now()) this.#known.delete(id);
    }
    const use = { bytes: 0, until: 0, coming: 0, stored: 0 };
    this.#known.set(recordingId, use);
    return use;
  }
}
