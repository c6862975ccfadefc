import pLimit from 'p-limit';
import type { DeadlineIndex } from '../storage/store.ts';

/** The pause between two looks, ms. */
const LOOK_MS = 1000;

/** One look takes no more workspaces than this, and no more at the same time. */
const AT_ONCE = 100;
const CONCURRENCY = 10;

/** Another node looks at a workspace so long after this one, should this one die meanwhile, ms. */
const AGAIN_MS = 10_000;

/** Looks at the workspaces whose deadline is over although the node that should have seen to it did not. */
export class Overdue {
  readonly #index: DeadlineIndex;
  readonly #look: (workspaceId: string) => Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;

  constructor(index: DeadlineIndex, look: (workspaceId: string) => Promise<void>) {
    this.#index = index;
    this.#look = look;
    this.#timer = setInterval(() => void this.#lookAtAll(), LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #lookAtAll(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const limit = pLimit(CONCURRENCY);
    // What fails is due again in a while.
    const due = await this.#index.due(AT_ONCE, AGAIN_MS).catch(() => []);
    await Promise.allSettled(due.map((id) => limit(() => this.#look(id))));
    this.#isLooking = false;
  }
}
