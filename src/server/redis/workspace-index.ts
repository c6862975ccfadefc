import type { RedisLink } from './link.ts';
import { ReviewedIds } from './reviewed-ids.ts';

/** A new entry is due after so long, ms: by then its workspace is there, or never will be. */
const CREATED_MS = 60_000;

/**
 * The ids of all workspaces, for their number alone. Redis does not say which keys have expired, so a node looks at each
 * when its key should have. For a while a node may count one workspace too many; it counts one too few only until it reads
 * what other nodes have entered.
 */
export class WorkspaceIndex {
  readonly #ids: ReviewedIds;
  /** How many this node has entered since it counted last, less those that it has removed. */
  #entered = 0;

  /**
   * @param keyOf the key of a workspace
   * @param now the clock, in ms since the epoch
   */
  constructor(redis: RedisLink, key: string, keyOf: (id: string) => string, now: () => number) {
    const review = async (ids: readonly string[]) => {
      const left = await redis.ask((client) => Promise.all(ids.map((id) => client.pttl(keyOf(id)))));
      return left.map((ms) => (ms < 0 ? null : ms));
    };
    const onCount = () => {
      const entered = this.#entered;
      return () => {
        this.#entered -= entered;
      };
    };
    this.#ids = new ReviewedIds({ redis, key, now, review, onCount });
  }

  get count(): number {
    return this.#ids.count + this.#entered;
  }

  /** Enters a workspace that is about to be created. @throws StoreError */
  async enter(id: string): Promise<void> {
    // Before anything is awaited, so that a crowd of newcomers is counted one by one.
    this.#entered += 1;
    await this.#ids.add(id, CREATED_MS);
  }

  /** Removes a workspace that is gone. Should that fail, a later look removes it. */
  remove(id: string): void {
    this.#entered -= 1;
    this.#ids.remove(id).catch(() => {});
  }

  close(): void {
    this.#ids.close();
  }
}
