import type { RedisLink } from './link.ts';

/** The pause between two looks at the entries that are due, ms. */
const LOOK_MS = 2000;

/** A look takes up no more entries than this. */
const AT_ONCE = 500;

interface ReviewedIdsOptions {
  readonly redis: RedisLink;
  /** The key of the sorted set. */
  readonly key: string;
  /** The clock, in ms since the epoch. */
  readonly now: () => number;
  /** After how long, ms, each of these ids is due again; null removes it. */
  readonly review: (ids: readonly string[]) => Promise<(number | null)[]>;
  /** Called before the ids are counted; what it returns, when the number is there. */
  readonly onCount?: () => () => void;
}

/**
 * Ids of all nodes in a sorted set of Redis, for their number alone. They stand there by the time at which a node looks
 * whether they still belong there.
 */
export class ReviewedIds {
  readonly #options: ReviewedIdsOptions;
  readonly #looking: NodeJS.Timeout;
  #count = 0;

  constructor(options: ReviewedIdsOptions) {
    this.#options = options;
    this.#looking = setInterval(() => void this.#look(), LOOK_MS).unref();
    void this.#look();
  }

  /** As many as there were at the last look. */
  get count(): number {
    return this.#count;
  }

  /** @param dueMs after how long the id is due, ms @throws StoreError */
  async add(id: string, dueMs: number): Promise<void> {
    const { redis, key, now } = this.#options;
    await redis.ask((client) => client.zadd(key, now() + dueMs, id));
  }

  /** @throws StoreError */
  async remove(id: string): Promise<void> {
    const { redis, key } = this.#options;
    await redis.ask((client) => client.zrem(key, id));
  }

  close(): void {
    clearInterval(this.#looking);
  }

  async #look(): Promise<void> {
    // While Redis is away the number stays as it was; the next look comes soon.
    await this.#lookAfter().catch(() => {});
  }

  async #lookAfter(): Promise<void> {
    const { redis, key, now: clock, review, onCount } = this.#options;
    const now = clock();
    const due = await redis.ask((client) => client.zrangebyscore(key, '-inf', now, 'LIMIT', 0, AT_ONCE));
    const again = await review(due);
    const over = due.filter((_, index) => (again[index] ?? null) === null);
    const going = due.flatMap((id, index) => {
      const ms = again[index] ?? null;
      return ms === null ? [] : [now + ms, id];
    });
    if (over.length > 0) await redis.ask((client) => client.zrem(key, ...over));
    if (going.length > 0) await redis.ask((client) => client.zadd(key, 'XX', ...going));
    const onCounted = onCount?.();
    this.#count = await redis.ask((client) => client.zcard(key));
    onCounted?.();
  }
}
