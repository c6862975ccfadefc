/**
 * The clock of the server, as far as its messages tell: a clock that cannot step counts on from the time in the last one.
 * The clock of this device may be wrong, and may be set during a call. Without a message that tells the time, it has to
 * do.
 */
export class ServerClock {
  /** The time of the server, in ms since the epoch, at the origin of performance.now(). */
  #origin = Date.now() - performance.now();

  /** The time on the server, in ms since the epoch. */
  now(): number {
    return Math.round(this.#origin + performance.now());
  }

  /** @param serverNow the time of the server in a message that has just come; servers of former versions send none */
  hear(serverNow: number | undefined): void {
    if (Number.isFinite(serverNow)) this.#origin = Number(serverNow) - performance.now();
  }

  /** A call that runs has begun: if this clock is behind its start, it is set forward. */
  hearOfBeginning(startedAt: number): void {
    if (startedAt > this.now()) this.hear(startedAt);
  }
}
