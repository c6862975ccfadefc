/** For how long it is believed that somebody is where they were last seen, if nobody says otherwise, ms; up to twice that. */
const BELIEVED_MS = 10_000;

/**
 * What was seen lately. Two sets, of which the older one is forgotten as a whole: that needs no timers, and nothing is
 * forgotten right after it was seen.
 */
export class ExpiringSet {
  #young = new Set<string>();
  #old = new Set<string>();
  #youngSince = Number.NEGATIVE_INFINITY;

  get isEmpty(): boolean {
    this.#grow();
    return this.#young.size + this.#old.size === 0;
  }

  has(what: string): boolean {
    this.#grow();
    return this.#young.has(what) || this.#old.has(what);
  }

  add(what: string): void {
    this.#grow();
    this.#young.add(what);
  }

  /** Somebody is gone. */
  forget(what: string): void {
    this.#young.delete(what);
    this.#old.delete(what);
  }

  #grow(): void {
    const now = performance.now();
    const age = now - this.#youngSince;
    if (age < BELIEVED_MS) return;
    this.#old = age < 2 * BELIEVED_MS ? this.#young : new Set();
    this.#young = new Set();
    this.#youngSince = now;
  }
}
