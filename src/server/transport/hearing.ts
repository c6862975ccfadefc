import { Intervals } from '../collections/intervals.ts';

/** The pause between two looks, ms. */
const LOOK_MS = 250;

/** The event loop counts as held up when a look is later than this, ms. */
const LATE_MS = 500;

/** Somebody who waits for longer than this, ms, does not count as heard. */
const PATIENCE_MS = 1000;

/** What waits to be taken in. */
interface Waiting {
  /** How long the first has waited, ms; 0 where nobody waits. */
  readonly oldestMs: number;
  /** Whether so many connect that returns should make room for them. */
  readonly isHerd?: boolean;
}

/**
 * Knows when the server could hear its clients. It could not while its event loop stood still, and while people waited for
 * longer than a second to be taken in. A seat's grace time leaves those times out: the server must not count
 * clients as away that it could not hear.
 */
export class Hearing {
  readonly now: () => number;
  readonly #report: (from: number, until: number) => void;
  readonly #waiting: Waiting[] = [];
  readonly #unheard = new Intervals();
  readonly #timer: NodeJS.Timeout;
  #lookedAt: number;

  /**
   * @param now the clock of documents, ms since the epoch
   * @param report tells other nodes of a time in which this one heard nobody
   */
  constructor(now: () => number, report: (from: number, until: number) => void) {
    this.now = now;
    this.#report = report;
    this.#lookedAt = now();
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** Watches something that people wait in. */
  watch(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** Whether somebody has waited for too long at present. */
  get isDeaf(): boolean {
    return this.#waiting.some(({ oldestMs }) => oldestMs > PATIENCE_MS);
  }

  /** Whether so many connect that returns should make room for them. */
  get isHerd(): boolean {
    return this.#waiting.some(({ isHerd = false }) => isHerd);
  }

  /** Looks how it went since the last look. */
  look(): void {
    const now = this.now();
    const former = this.#lookedAt;
    this.#lookedAt = now;
    if (!this.isDeaf && now - former <= LATE_MS) return;
    this.add(former, now);
    this.#report(former, now);
  }

  /** Another node could not hear its clients in this time, ms since the epoch. */
  add(from: number, until: number): void {
    this.#unheard.add(from, until);
  }

  /** How much of the time since then clients could not be heard, ms. @param since ms since the epoch */
  unheardMs(since: number): number {
    // After a standstill, a deadline may come before the look that finds it.
    if (this.now() - this.#lookedAt > LATE_MS) this.look();
    return this.#unheard.since(since);
  }

  /** When to look again at something that is due at a time: later while nobody is heard, so that it is not looked at all the time. */
  notBefore(at: number): number {
    return this.isDeaf ? Math.max(at, this.now() + PATIENCE_MS) : at;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
