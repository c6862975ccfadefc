import { type Refusal, refuse } from '../../protocol/errors.ts';

/** How many people may take their seats again at the same time. The store answers many of them together. */
const AT_ONCE = 64;

/** How many begin in one turn of the event loop, so that none of its turns is long. */
const A_TURN = 8;

/** While a herd connects, one begins in so many turns: the shorter the turns are, the faster the server takes in newcomers. */
const TURNS_IN_A_HERD = 4;

/** People that have waited for longer than this, ms, make room for a herd no more. */
const PATIENT_MS = 5_000;

/** The longest wait of people who can be told to try again, ms; the client library waits for 20 s. */
const LONGEST_MS = 15_000;

type Outcome = Refusal | null;

interface Waiting {
  readonly since: number;
  readonly begin: () => Promise<void>;
}

/**
 * The people who come back to their seats, in their order. After a restart these are thousands at once, and all can wait for a
 * moment. Newcomers and calls do not wait behind them.
 */
export class Returns {
  readonly #now: () => number;
  readonly #isHerd: () => boolean;
  readonly #waiting = new Set<Waiting>();
  #underWay = 0;
  #isScheduled = false;
  #turns = 0;

  /**
   * @param now a clock that never steps, ms
   * @param isHerd whether so many connect at present that the people that wait here should make room for them
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
  async inTurn(canRetry: boolean, task: () => Promise<Outcome>): Promise<Outcome> {
    const waited = this.oldestMs;
    if (canRetry && waited > LONGEST_MS) return refuse('BUSY_TRY_AGAIN', { retryAfter: Math.ceil(waited / 1000) });
    return new Promise((resolve, reject) => {
      this.#waiting.add({ since: this.#now(), begin: () => task().then(resolve, reject) });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.size === 0 || this.#underWay >= AT_ONCE) return;
    this.#isScheduled = true;
    setImmediate(this.#onTurn);
  }

  readonly #onTurn = () => {
    this.#isScheduled = false;
    this.#turns += 1;
    let left = Math.min(this.#share, AT_ONCE - this.#underWay);
    for (const entry of this.#waiting) {
      if (left === 0) break;
      left -= 1;
      this.#waiting.delete(entry);
      void this.#run(entry);
    }
    this.#schedule();
  };

  /** How many may begin in this turn of the event loop. */
  get #share(): number {
    if (!this.#isHerd()) return A_TURN;
    return this.oldestMs > PATIENT_MS || this.#turns % TURNS_IN_A_HERD === 0 ? 1 : 0;
  }

  async #run({ begin }: Waiting): Promise<void> {
    this.#underWay += 1;
    await begin();
    this.#underWay -= 1;
    this.#schedule();
  }
}
