import type { DeadlineIndex } from '../storage/store.ts';
import type { RedisLink } from './link.ts';

/** The deadlines of all workspaces that have one, in a sorted set. */
export class RedisDeadlines implements DeadlineIndex {
  readonly #redis: RedisLink;
  readonly #key: string;

  constructor(redis: RedisLink, key: string) {
    this.#redis = redis;
    this.#key = key;
  }

  /** Notes a deadline with a swap. Should that fail, the swap fails too. @param at ms since the epoch; Infinity: none */
  note(id: string, at: number): void {
    if (at === Number.POSITIVE_INFINITY) return;
    this.#redis.ask((client) => client.zadd(this.#key, Math.ceil(at), id)).catch(() => {});
  }

  due(most: number, againMs: number): Promise<readonly string[]> {
    return this.#redis.ask((client) => client.meshDue(this.#key, most, againMs));
  }

  async set(deadlines: ReadonlyMap<string, number>): Promise<void> {
    const kept: (string | number)[] = [];
    const removed: string[] = [];
    for (const [id, at] of deadlines) {
      if (at === Number.POSITIVE_INFINITY) removed.push(id);
      else kept.push(Math.ceil(at), id);
    }
    await this.#redis.ask((client) =>
      Promise.all([
        ...(kept.length > 0 ? [client.zadd(this.#key, ...kept)] : []),
        ...(removed.length > 0 ? [client.zrem(this.#key, ...removed)] : []),
      ]),
    );
  }
}
