import type { Count, Counter, CounterOf } from '../collections/counters.ts';
import { StoreError } from '../storage/store.ts';
import type { RedisLink } from './link.ts';

/** Makes counters that all nodes have in common. @param now the clock of Redis, in ms since the epoch */
export function redisCounters(redis: RedisLink, prefix: string, now: () => number): CounterOf {
  return (name, _, longestMs) => new RedisCounter(redis, `${prefix}:${name}:`, longestMs, now);
}

/** Counts in Redis, where they expire by themselves. Each method throws StoreError where Redis does not answer. */
class RedisCounter implements Counter {
  readonly #redis: RedisLink;
  readonly #prefix: string;
  readonly #longestMs: number;
  readonly #now: () => number;

  constructor(redis: RedisLink, prefix: string, longestMs: number, now: () => number) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#longestMs = longestMs;
    this.#now = now;
  }

  /** Two commands and no transaction: a count that expires between them has no time left. */
  async get(key: string): Promise<Count | null> {
    const at = this.#prefix + key;
    const [count, left] = await this.#redis.ask((client) => Promise.all([client.get(at), client.pttl(at)]));
    return count === null ? null : this.#count(count, left);
  }

  /** A transaction, so that no count is ever left without a time at which it expires. */
  async add(key: string): Promise<Count> {
    const at = this.#prefix + key;
    const replies = await this.#redis.ask((client) =>
      client.multi().incr(at).pexpire(at, this.#longestMs, 'NX').pttl(at).exec(),
    );
    const [count, , left] = (replies ?? []).map(([error, reply]) => {
      if (error) throw new StoreError(`Redis refuses: ${error.message}`);
      return reply;
    });
    return this.#count(count, left);
  }

  async begin(key: string, count: number, ms: number): Promise<Count> {
    await this.#redis.ask((client) => client.set(this.#prefix + key, count, 'PX', Math.ceil(ms)));
    return this.#count(count, ms);
  }

  async delete(key: string): Promise<void> {
    await this.#redis.ask((client) => client.del(this.#prefix + key));
  }

  #count(count: unknown, leftMs: unknown): Count {
    return { count: Number(count), until: this.#now() + Math.max(0, Number(leftMs)) };
  }
}
