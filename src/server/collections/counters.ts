import { ExpiringMap } from './expiring-map.ts';

export interface Count {
  readonly count: number;
  /** When the count expires, in ms since the epoch. */
  readonly until: number;
}

/** Counts by key, each of which expires, in this process or in Redis. */
export interface Counter {
  get(key: string): Count | null | Promise<Count | null>;
  /** Counts one more. The count expires when its first one does. */
  add(key: string): Count | Promise<Count>;
  /** Begins anew with a count. @param ms after which it expires */
  begin(key: string, count: number, ms: number): Count | Promise<Count>;
  delete(key: string): void | Promise<void>;
}

/**
 * Makes a counter.
 * @param name the name of what it counts: another one for each counter
 * @param most the number of counts that it holds, where they take memory of this process
 * @param longestMs after which every count expires
 */
export type CounterOf = (name: string, most: number, longestMs: number) => Counter;

/** Makes counters of this process alone. @param now the clock, in ms since the epoch */
export function boundedCounters(now: () => number): CounterOf {
  return (_, most, longestMs) => new BoundedCounter(most, longestMs, now);
}

/**
 * Counts in the memory of this process. Anybody who can make up keys must not fill the memory with them, so the number of
 * counts is bounded: beyond the bound the older half expires at once.
 */
export class BoundedCounter implements Counter {
  readonly #counts: ExpiringMap<Count>;
  readonly #longestMs: number;
  readonly #now: () => number;

  /**
   * @param most the number of counts that it holds
   * @param longestMs after which every count expires
   * @param now the clock, in ms since the epoch
   */
  constructor(most: number, longestMs: number, now: () => number) {
    this.#counts = new ExpiringMap({ lastsMs: longestMs, most });
    this.#longestMs = longestMs;
    this.#now = now;
  }

  get(key: string): Count | null {
    const count = this.#counts.get(key);
    return count && count.until > this.#now() ? count : null;
  }

  add(key: string): Count {
    const former = this.get(key);
    return former ? this.#set(key, { ...former, count: former.count + 1 }) : this.begin(key, 1, this.#longestMs);
  }

  begin(key: string, count: number, ms: number): Count {
    return this.#set(key, { count, until: this.#now() + ms });
  }

  delete(key: string): void {
    this.#counts.delete(key);
  }

  #set(key: string, count: Count): Count {
    this.#counts.set(key, count);
    return count;
  }
}
