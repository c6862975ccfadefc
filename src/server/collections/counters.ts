export interface Count {
  readonly count: number;
  /** When it is forgotten, in ms since the epoch. */
  readonly until: number;
}

/** Counts by key that are forgotten after a time, wherever they are kept. */
export interface Counter {
  get(key: string): Count | null | Promise<Count | null>;
  /** Counts one more, which is forgotten together with the first. */
  add(key: string): Count | Promise<Count>;
  /** Begins anew. @param ms how long it is remembered */
  begin(key: string, count: number, ms: number): Count | Promise<Count>;
  delete(key: string): void | Promise<void>;
}

/**
 * Makes a counter.
 * @param name what it counts: another name for each
 * @param most how many counts are remembered, where they take memory of ours
 * @param longestMs how long any of them is remembered
 */
export type CounterOf = (name: string, most: number, longestMs: number) => Counter;

/** Counters of this process alone. @param now the clock, in ms since the epoch */
export function boundedCounters(now: () => number): CounterOf {
  return (_, most, longestMs) => new Counts(most, longestMs, now);
}

/**
 * Counts by key that are forgotten after a time. Whoever can make keys up must not fill the memory with them, so there
 * is a bound on their number: beyond it the older half is forgotten at once.
 */
export class Counts implements Counter {
  readonly #most: number;
  readonly #longestMs: number;
  readonly #now: () => number;
  // Two Maps, of which the older is dropped as a whole: a timer for each count would take more memory than the count.
  #young = new Map<string, Count>();
  #old = new Map<string, Count>();
  #youngSince: number;

  /**
   * @param most how many are remembered
   * @param longestMs how long any of them is remembered
   * @param now the clock, in ms since the epoch
   */
  constructor(most: number, longestMs: number, now: () => number) {
    this.#most = most;
    this.#longestMs = longestMs;
    this.#now = now;
    this.#youngSince = now();
  }

  get(key: string): Count | null {
    const count = this.#young.get(key) ?? this.#old.get(key);
    return count && count.until > this.#now() ? count : null;
  }

  /** Counts one more, which is forgotten together with the first. */
  add(key: string): Count {
    const former = this.get(key);
    return former ? this.#set(key, { ...former, count: former.count + 1 }) : this.begin(key, 1, this.#longestMs);
  }

  /** Begins anew. @param ms how long it is remembered */
  begin(key: string, count: number, ms: number): Count {
    return this.#set(key, { count, until: this.#now() + ms });
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }

  #set(key: string, count: Count): Count {
    const now = this.#now();
    if (this.#young.size >= this.#most / 2 || now - this.#youngSince >= this.#longestMs) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngSince = now;
    }
    this.#young.set(key, count);
    return count;
  }
}
