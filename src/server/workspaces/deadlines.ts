/** setTimeout takes no more than this many ms (a 32-bit integer). */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** One alarm a workspace, for the next thing that time will decide there. */
export class Deadlines {
  readonly #ring: (workspaceId: string) => void;
  readonly #now: () => number;
  readonly #deadlines = new Map<string, { at: number; timer: NodeJS.Timeout }>();

  constructor(ring: (workspaceId: string) => void, now: () => number) {
    this.#ring = ring;
    this.#now = now;
  }

  /** Sets, moves or (at Infinity) clears the alarm of a workspace. @param at ms since the epoch */
  set(workspaceId: string, at: number): void {
    const former = this.#deadlines.get(workspaceId);
    if (former?.at === at) return;
    if (former) clearTimeout(former.timer);
    this.#deadlines.delete(workspaceId);
    if (at === Number.POSITIVE_INFINITY) return;
    const delay = Math.min(LONGEST_TIMEOUT, Math.max(0, at - this.#now()));
    const timer = setTimeout(() => {
      this.#deadlines.delete(workspaceId);
      this.#ring(workspaceId);
    }, delay);
    timer.unref();
    this.#deadlines.set(workspaceId, { at, timer });
  }

  /** Clears them all. */
  close(): void {
    for (const { timer } of this.#deadlines.values()) clearTimeout(timer);
    this.#deadlines.clear();
  }
}
