import type { RedisLink } from './link.ts';
import { ReviewedIds } from './reviewed-ids.ts';

/** An entry is due after so long, ms: whether the call is still on. */
const DUE_MS = 60_000;

/**
 * The workspaces with a call, for their number alone. A node looks whether a call is still on, which is needed only where
 * another one died between a change and its note.
 */
export class CallIndex {
  readonly #ids: ReviewedIds;

  /**
   * @param keyOf the key of a workspace, whose field `call` says whether it has one
   * @param now the clock, in ms since the epoch
   */
  constructor(redis: RedisLink, key: string, keyOf: (id: string) => string, now: () => number) {
    const review = async (ids: readonly string[]) => {
      const fields = await redis.ask((client) => Promise.all(ids.map((id) => client.hget(keyOf(id), 'call'))));
      return fields.map((field) => (field === '1' ? DUE_MS : null));
    };
    this.#ids = new ReviewedIds({ redis, key, now, review });
  }

  /** As many as there were at the last look. */
  get count(): number {
    return this.#ids.count;
  }

  /** Notes that a call has begun or ended. Should that fail, nothing but the number is wrong. */
  note(id: string, isOn: boolean): void {
    (isOn ? this.#ids.add(id, DUE_MS) : this.#ids.remove(id)).catch(() => {});
  }

  close(): void {
    this.#ids.close();
  }
}
