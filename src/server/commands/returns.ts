import pLimit from 'p-limit';
import { type Refusal, refuse } from '../../protocol/errors.ts';

/** How many people take their seats again at the same time. More would hold up the event loop when their answers go out. */
const AT_ONCE = 16;

/** The longest wait of people who can be told to try again, ms; the client library waits for 20 s. */
const LONGEST_MS = 10_000;

/**
 * The people who come back to their seats, in their order. After a restart these are thousands at once, and all can wait for a
 * moment. Newcomers and calls do not wait behind them.
 */
export class Returns {
  readonly #limit = pLimit(AT_ONCE);
  readonly #now: () => number;
  /** Since when those wait who have no turn yet. */
  readonly #waiting = new Set<{ since: number }>();

  /** @param now a clock that never steps, ms */
  constructor(now: () => number) {
    this.#now = now;
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
    return this.#limit(() => {
      this.#waiting.delete(entry);
      return task();
    });
  }
}
