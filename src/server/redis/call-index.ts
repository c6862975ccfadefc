import type { RedisLink } from './link.ts';

/** The pause between two looks at the entries that are due, ms. */
const LOOK_MS = 2000;

/** An entry is due after so long, ms: whether the call is still on. */
const DUE_MS = 60_000;

/** A look takes up no more entries than this. */
const AT_ONCE = 500;

/**
 * The workspaces with a call, for their number alone: a sorted set of their ids by the time at which a node looks whether the
 * call is still on. That is needed only where a node died between a change and its note.
 */
export class CallIndex {
  readonly #redis: RedisLink;
  readonly #key: string;
  readonly #keyOf: (id: string) => string;
  readonly #now: () => number;
  readonly #looking: NodeJS.Timeout;
  #count = 0;

  /**
   * @param keyOf the key of a workspace, whose field `call` says whether it has one
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

  /** As many as there were at the last look. */
  get count(): number {
    return this.#count;
  }

  /** Notes that a call has begun or ended. Should that fail, nothing but the number is wrong. */
  note(id: string, isOn: boolean): void {
    this.#redis
      .ask((client) => (isOn ? client.zadd(this.#key, this.#now() + DUE_MS, id) : client.zrem(this.#key, id)))
      .catch(() => {});
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
    const fields = await this.#redis.ask((client) =>
      Promise.all(due.map((id) => client.hget(this.#keyOf(id), 'call'))),
    );
    const isOn = (index: number) => fields[index] === '1';
    const over = due.filter((_, index) => !isOn(index));
    const going = due.flatMap((id, index) => (isOn(index) ? [now + DUE_MS, id] : []));
    if (over.length > 0) await this.#redis.ask((client) => client.zrem(this.#key, ...over));
    if (going.length > 0) await this.#redis.ask((client) => client.zadd(this.#key, 'XX', ...going));
    this.#count = await this.#redis.ask((client) => client.zcard(this.#key));
  }
}
