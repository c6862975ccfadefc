import type { RedisLink } from './link.ts';

/** How often it is looked at, ms. */
const LOOK_MS = 2000;

/** After so long, ms, it is looked whether a workspace that was entered is there: by then it is, or never will be. */
const CREATED_MS = 60_000;

/** So many are looked after at a time. */
const AT_ONCE = 500;

/**
 * The ids of all workspaces, in a sorted set by when it is time to look whether they are still there, because Redis tells
 * nobody what it forgets. It is for their number alone: a node may count one too many for a while, and never one too few for
 * longer than others take to tell.
 */
export class WorkspaceIndex {
  readonly #redis: RedisLink;
  readonly #key: string;
  readonly #keyOf: (id: string) => string;
  readonly #now: () => number;
  readonly #looking: NodeJS.Timeout;
  #count = 0;
  /** Entered here since they were counted. */
  #entered = 0;

  /**
   * @param keyOf the key of a workspace
   * @param now the clock, in ms since the epoch
   */
  constructor(redis: RedisLink, key: string, keyOf: (id: string) => string, now: () => number) {
    this.#redis = redis;
    this.#key = key;
    this.#keyOf = keyOf;
    this.#now = now;
    this.#looking = setInterval(() => void this.#look(), LOOK_MS).unref();
    void this.#look();
  }

  get count(): number {
    return this.#count + this.#entered;
  }

  /** Enters a workspace that is about to be. @throws StoreError */
  async enter(id: string): Promise<void> {
    // Before anything is awaited, so that a crowd of newcomers is counted one by one.
    this.#entered += 1;
    await this.#redis.ask((client) => client.zadd(this.#key, this.#now() + CREATED_MS, id));
  }

  /** Takes out one that is gone. Should that fail, it is found out later. */
  remove(id: string): void {
    this.#redis.ask((client) => client.zrem(this.#key, id)).catch(() => {});
  }

  close(): void {
    clearInterval(this.#looking);
  }

  async #look(): Promise<void> {
    // While Redis is away it is as it was; the next look comes soon.
    await this.#lookAfter().catch(() => {});
  }

  async #lookAfter(): Promise<void> {
    const now = this.#now();
    const due = await this.#redis.ask((client) => client.zrangebyscore(this.#key, '-inf', now, 'LIMIT', 0, AT_ONCE));
    const left = await this.#redis.ask((client) => Promise.all(due.map((id) => client.pttl(this.#keyOf(id)))));
    const isGone = (index: number) => (left[index] ?? -1) < 0;
    const gone = due.filter((_, index) => isGone(index));
    const there = due.flatMap((id, index) => (isGone(index) ? [] : [now + (left[index] ?? 0), id]));
    if (gone.length > 0) await this.#redis.ask((client) => client.zrem(this.#key, ...gone));
    if (there.length > 0) await this.#redis.ask((client) => client.zadd(this.#key, 'XX', ...there));
    const entered = this.#entered;
    this.#count = await this.#redis.ask((client) => client.zcard(this.#key));
    this.#entered -= entered;
  }
}
