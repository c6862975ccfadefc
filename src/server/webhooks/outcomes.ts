import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptOutcome } from '../records/deliveries.ts';

/** One transaction notes no more than this. */
const AT_ONCE = 100;

const TRY_AGAIN_MS = 250;

/**
 * Notes in the records how attempts ended. While one transaction is under way, further outcomes gather for the next, so
 * that many attempts wait for the disk together. What the records do not take is tried again until they do.
 */
export class Outcomes {
  readonly #write: (outcomes: readonly AttemptOutcome[]) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;
  #waiting: { outcome: AttemptOutcome; resolve: () => void }[] = [];
  #running: Promise<void> | null = null;
  #isClosed = false;

  constructor(write: (outcomes: readonly AttemptOutcome[]) => Promise<void>, onFailure: (error: unknown) => void) {
    this.#write = write;
    this.#onFailure = onFailure;
  }

  /** Resolves when the records have it, or this node has given up: then the attempt is made again. */
  note(outcome: AttemptOutcome): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ outcome, resolve });
      this.#running ??= this.#run();
    });
  }

  /** Notes what waits, but does not wait for records that are away. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, AT_ONCE);
      try {
        await this.#write(batch.map(({ outcome }) => outcome));
      } catch (error) {
        this.#onFailure(error);
        if (!this.#isClosed) {
          await sleep(TRY_AGAIN_MS, undefined, { ref: false });
          continue;
        }
      }
      this.#waiting = this.#waiting.slice(batch.length);
      for (const { resolve } of batch) resolve();
    }
    this.#running = null;
  }
}
