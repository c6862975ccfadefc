/** A revision is remembered for so many leases. By then every node knows whether the node that stored it is dead. */
const REMEMBERED_LEASES = 10;

interface Unsent {
  /** The lease of the node that stored the revision. */
  readonly lease: string;
  /** When this node noticed, by `performance.now()`, ms. */
  readonly since: number;
}

/**
 * Revisions that a node has stored and not announced in time, by the rooms that wait for the notices. The node may only
 * be late; but if it is dead, no node will ever send them.
 */
export class Unannounced {
  readonly #byRooms = new Map<string, Unsent>();
  readonly #memoryMs: number;

  constructor(leaseMs: number) {
    this.#memoryMs = REMEMBERED_LEASES * leaseMs;
  }

  /** @param rooms the beginning of the rooms that wait */
  add(rooms: string, lease: string): void {
    const now = performance.now();
    this.#byRooms.delete(rooms);
    this.#byRooms.set(rooms, { lease, since: now });
    // The oldest come first.
    for (const [each, { since }] of this.#byRooms) {
      if (now - since < this.#memoryMs) break;
      this.#byRooms.delete(each);
    }
  }

  /** Removes the rooms that wait for nodes whose leases are lost. @returns them */
  take(isLost: (lease: string) => boolean): string[] {
    const taken = [...this.#byRooms].filter(([, { lease }]) => isLost(lease)).map(([rooms]) => rooms);
    for (const rooms of taken) this.#byRooms.delete(rooms);
    return taken;
  }
}
