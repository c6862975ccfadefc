/** The longest delay that setTimeout takes, ms (a 32-bit integer). */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** One timer a workspace, for the next thing that time decides there. */
export class Deadlines {
  readonly #onDue: (workspaceId: string) => void;
  readonly #now: () => number;
  readonly #deadlines = new Map<string, { at: number; timer: NodeJS.Timeout }>();

  /**
   * @param onDue called when the deadline of a workspace has come
   * @param now the clock, in ms since the epoch
   */
  constructor(onDue: (workspaceId: string) => void, now: () => number) {
    this.#onDue = onDue;
    this.#now = now;
  }

  /** Sets or moves the deadline of a workspace. @param at ms since the epoch; Infinity clears it */
  set(workspaceId: string, at: number): void {
    const former = this.#deadlines.get(workspaceId);
    if (former?.at === at) return;
    if (former) clearTimeout(former.timer);
    this.#deadlines.delete(workspaceId);
    if (at === Number.POSITIVE_INFINITY) return;
    const delay = Math.min(MAX_TIMEOUT_MS, Math.max(0, at - this.#now()));
    const timer = setTimeout(() => {
      this.#deadlines.delete(workspaceId);
      this.#onDue(workspaceId);
    }, delay);
    timer.unref();
    this.#deadlines.set(workspaceId, { at, timer });
  }

  /** Clears all deadlines. */
  close(): void {
    for (const { timer } of this.#deadlines.values()) clearTimeout(timer);
    this.#deadlines.clear();
  }
}
