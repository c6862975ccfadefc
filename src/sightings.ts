/** For how long it is believed that somebody is where they were last seen, if nobody says otherwise, ms. */
const BELIEVED_MS = 10_000;

/** What was seen lately. */
export class Sightings {
  readonly #now: () => number;
  #seen = new Set<string>();
  #since = 0;

  /** @param now the clock, in ms since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  has(what: string): boolean {
    return this.#isFresh() && this.#seen.has(what);
  }

  add(what: string): void {
    if (!this.#isFresh()) {
      this.#seen = new Set();
      this.#since = this.#now();
    }
    this.#seen.add(what);
  }

  /** Somebody is gone. */
  forget(what: string): void {
    this.#seen.delete(what);
  }

  /** Somebody is gone, and nobody knows who. */
  clear(): void {
    this.#seen.clear();
  }

  get isEmpty(): boolean {
    return this.#seen.size === 0 || !this.#isFresh();
  }

  /** All of them are forgotten together, which needs no timers. */
  #isFresh(): boolean {
    const age = this.#now() - this.#since;
    return age >= 0 && age < BELIEVED_MS;
  }
}
