import type { RedisLink } from './link.ts';

/** The pause between two looks at the entries that are due, ms. */
const LOOK_MS = 2000;

/** A new entry is due after so long, ms: by then its workspace is there, or never will be. */
const CREATED_MS = 60_000;

/** A look takes up no more entries than this. */
const AT_ONCE = 500;

/**
 * The ids of all workspaces, for their number alone. Redis does not say which keys have expired, so the ids stand in a
 * sorted set by the time at which a node looks whether the workspace is still there. For a while a node may count one
 * workspace too many; it counts one too few only until it reads what other nodes have entered.
 */
export class WorkspaceIndex {
  readonly #redis: RedisLink;
  readonly #key: string;
  readonly #keyOf: (id: string) => string;
  readonly #now: () => number;
  readonly #looking: NodeJS.Timeout;
  #count = 0;
  /** How many this node has entered since it counted last, less those that it has removed. */
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

  /** Enters a workspace that is about to be created. @throws StoreError */
  async enter(id: string): Promise<void> {
    // Before anything is awaited, so that a crowd of newcomers is counted one by one.
    this.#entered += 1;
    await this.#redis.ask((client) => client.zadd(this.#key, this.#now() + CREATED_MS, id));
  }

  /** Removes a workspace that is gone. Should that fail, a later look removes it. */
  remove(id: string): void {
    this.#entered -= 1;
    this.#redis.ask((client) => client.zrem(this.#key, id)).catch(() => {});
  }

  close(): void {
    clearInterval(this.#looking);
  }

  async #look(): Promise<void> {
    // While Redis is away the number stays as it was; the next look comes soon.
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
