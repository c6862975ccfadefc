/** How long things took: their number, their sum, and how many took no longer than each of some bounds. */
export class Durations {
  /** In s, ascending. */
  readonly bounds: readonly number[];
  /** How many took longer than the bound before and no longer than this one; the last count is of all that took longer. */
  readonly counts: number[];
  /** In s. */
  #sum = 0;

  /** @param bounds in s, ascending */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array(bounds.length + 1).fill(0);
  }

  add(seconds: number): void {
    let at = 0;
    while (at < this.bounds.length && seconds > (this.bounds[at] as number)) at += 1;
    this.counts[at] = (this.counts[at] as number) + 1;
    this.#sum += seconds;
  }

  /** In s. */
  get sum(): number {
    return this.#sum;
  }
}
