/**
 * How many commands a connection may send: a bucket that holds one second's worth and fills steadily (the Generic
 * Cell Rate Algorithm of ITU-T I.371). It stands in the way of every relayed message, so it is one number and no
 * timer, promise or entry in a map.
 */
export class CommandRate {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  /** When a connection that was never too fast would have sent what it has sent. */
  #theoretical = 0;

  /** @param perSecond commands in a second, @param atOnce how many may come at once */
  constructor(perSecond: number, atOnce = perSecond) {
    this.#intervalMs = 1000 / perSecond;
    this.#burstMs = atOnce * this.#intervalMs;
  }

  /** Counts a command that is taken in any case; who sends more and more of them has no place until that has stopped. */
  count(now: number): void {
    const theoretical = Math.max(this.#theoretical, now) + this.#intervalMs;
    this.#theoretical = Math.min(theoretical, now + this.#burstMs);
  }

  /** Takes a place for one command. @returns 0, or how many ms are missing until there is one */
  take(now: number): number {
    const theoretical = Math.max(this.#theoretical, now);
    const missing = theoretical + this.#intervalMs - now - this.#burstMs;
    if (missing > 0) return missing;
    this.#theoretical = theoretical + this.#intervalMs;
    return 0;
  }
}
