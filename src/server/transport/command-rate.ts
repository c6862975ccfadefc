/** Clocks are read in whole ms. */
const CLOCK_MS = 1;

/**
 * How many commands a connection may send: a bucket that holds one second's worth and fills steadily (the Generic
 * Cell Rate Algorithm of ITU-T I.371). Every relayed message passes it, so it is one number, without a timer, a
 * promise or an entry in a map.
 */
export class CommandRate {
  readonly #intervalMs: number;
  readonly #burstMs: number;
  /** The theoretical arrival time of the next command, in ms: when it comes if all came steadily. */
  #theoretical = 0;

  /** @param perSecond commands in a second, @param atOnce how many may come at once */
  constructor(perSecond: number, atOnce = perSecond) {
    this.#intervalMs = 1000 / perSecond;
    this.#burstMs = atOnce * this.#intervalMs;
  }

  /** Counts a command that is taken in any case. A connection that goes on with such commands finds no place until it stops. */
  count(now: number): void {
    const theoretical = this.#arrival(now) + this.#intervalMs;
    this.#theoretical = Math.min(theoretical, now + this.#burstMs);
  }

  /** Whether there is a place for one command. */
  has(now: number): boolean {
    return this.#missing(this.#arrival(now), now) <= 0;
  }

  /** Takes a place for one command. @returns 0, or how many ms are missing until there is one */
  take(now: number): number {
    const theoretical = this.#arrival(now);
    const missing = this.#missing(theoretical, now);
    if (missing > 0) return missing;
    this.#theoretical = theoretical + this.#intervalMs;
    return 0;
  }

  /** The clock of Redis may go back. A time that is further ahead than any burst is from before that. */
  #arrival(now: number): number {
    return this.#theoretical > now + this.#burstMs + CLOCK_MS ? now : Math.max(this.#theoretical, now);
  }

  #missing(theoretical: number, now: number): number {
    return theoretical + this.#intervalMs - now - this.#burstMs;
  }
}
