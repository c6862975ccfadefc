/** Of so many leases' time it is remembered what was not told: a node that is dead is known to be by then. */
const REMEMBERED_LEASES = 10;

interface Debt {
  readonly node: string;
  /** Since when it is known, ms of any clock. */
  readonly since: number;
}

/**
 * What nodes have stored and not told in time, by the rooms that wait for it. A node may only be late; but if it is dead,
 * nobody will ever tell it.
 */
export class Unannounced {
  readonly #debts = new Map<string, Debt>();
  readonly #memoryMs: number;

  constructor(leaseMs: number) {
    this.#memoryMs = REMEMBERED_LEASES * leaseMs;
  }

  add(room: string, node: string): void {
    const now = performance.now();
    this.#debts.delete(room);
    this.#debts.set(room, { node, since: now });
    // The oldest come first.
    for (const [each, { since }] of this.#debts) {
      if (now - since < this.#memoryMs) break;
      this.#debts.delete(each);
    }
  }

  /** The rooms to which nodes that are lost owed something, for the last time. */
  take(isLost: (node: string) => boolean): string[] {
    const rooms = [...this.#debts].filter(([, { node }]) => isLost(node)).map(([room]) => room);
    for (const room of rooms) this.#debts.delete(room);
    return rooms;
  }
}
