/** More intervals than this are not remembered: the oldest ones are forgotten. */
const MOST = 1000;

/** Stretches of time, of which those that touch are one. They are added in the order in which they end. */
export class Intervals {
  readonly #all: { from: number; until: number }[] = [];

  /** @param from, until in ms; an interval that is empty, or ends before it begins, adds nothing */
  add(from: number, until: number): void {
    if (until <= from) return;
    let begin = from;
    let end = until;
    for (let last = this.#all.at(-1); last && last.until >= begin; last = this.#all.at(-1)) {
      this.#all.pop();
      begin = Math.min(begin, last.from);
      end = Math.max(end, last.until);
    }
    this.#all.push({ from: begin, until: end });
    if (this.#all.length > MOST) this.#all.shift();
  }

  /** How much of the time since then lies within the intervals, ms. */
  since(time: number): number {
    let sum = 0;
    for (let at = this.#all.length - 1; at >= 0; at -= 1) {
      const { from, until } = this.#all[at] as { from: number; until: number };
      if (until <= time) break;
      sum += until - Math.max(from, time);
    }
    return sum;
  }
}
