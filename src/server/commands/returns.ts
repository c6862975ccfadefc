import pLimit from 'p-limit';
import { type Refusal, refuse } from '../../protocol/errors.ts';

/** How many people take their seats again at the same time. More would hold up the event loop when their answers go out. */
const AT_ONCE = 16;

/** The same while a herd comes: its turns are short then, and the server takes in as many as it can. */
const AT_ONCE_IN_A_HERD = 3;

/** The longest wait of people who can be told to try again, ms; the client library waits for 20 s. */
const LONGEST_MS = 10_000;

/**
 * The people who come back to their seats, in their order. After a restart these are thousands at once, and all can wait for a
 * moment. Newcomers and calls do not wait behind them.
 */
export class Returns {
  readonly #limit = pLimit(AT_ONCE);
  readonly #now: () => number;
  readonly #isHerd: () => boolean;
  /** Since when those wait who have no turn yet. */
  readonly #waiting = new Set<{ since: number }>();

  /**
   * @param now a clock that never steps, ms
   * @param isHerd whether so many connect at present that those who wait here should make room for them
   */
  constructor(now: () => number, isHerd: () => boolean) {
    this.#now = now;
    this.#isHerd = isHerd;
  }

  /** How long the first has waited, ms; 0 where nobody waits. */
  get oldestMs(): number {
    for (const { since } of this.#waiting) return this.#now() - since;
    return 0;
  }

  /**
   * Runs a task when its turn has come.
   * @param canRetry whether the client can be told when to try again, where it would have to wait for too long
   */
  async inTurn(canRetry: boolean, task: () => Promise<Refusal | null>): Promise<Refusal | null> {
    const waited = this.oldestMs;
    if (canRetry && waited > LONGEST_MS) return refuse('BUSY_TRY_AGAIN', { retryAfter: Math.ceil(waited / 1000) });
    const entry = { since: this.#now() };
    this.#waiting.add(entry);
    return this.#limit(async () => {
      this.#waiting.delete(entry);
      try {
        return await task();
      } finally {
        this.#adapt();
      }
    });
  }

  #adapt(): void {
    const atOnce = this.#isHerd() ? AT_ONCE_IN_A_HERD : AT_ONCE;
    if (this.#limit.concurrency !== atOnce) this.#limit.concurrency = atOnce;
  }
}
