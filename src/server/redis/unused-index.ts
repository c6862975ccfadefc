import { isUnused } from '../domain/unused.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { RedisLink } from './link.ts';

/** One look takes up no more entries than this, so that Redis answers others in between. */
const AT_ONCE = 100;

/** One search makes no more looks than this. The entries that it found outdated are gone then; the next search goes on. */
const LOOKS = 50;

/**
 * The ids of unused workspaces, in a sorted set by the time of their last change. An entry stays when the workspace is
 * used, changed or gone after all: then a search for the first ones removes it.
 */
export class UnusedIndex {
  readonly #redis: RedisLink;
  readonly #key: string;
  readonly #idleMs: number;
  readonly #get: (id: string) => Promise<Workspace | null>;

  /**
   * @param idleMs after which an unused workspace is gone by itself, ms
   * @param get reads a workspace
   */
  constructor(redis: RedisLink, key: string, idleMs: number, get: (id: string) => Promise<Workspace | null>) {
    this.#redis = redis;
    this.#key = key;
    this.#idleMs = idleMs;
    this.#get = get;
  }

  /** Notes a workspace that was stored, if it is unused. Should that fail, it goes when it is idle, and not before. */
  note(workspace: Workspace): void {
    if (!isUnused(workspace)) return;
    const { id, touched } = workspace;
    this.#redis
      .ask((client) =>
        Promise.all([
          client.zadd(this.#key, touched, id),
          client.zremrangebyscore(this.#key, '-inf', String(touched - this.#idleMs)),
        ]),
      )
      .catch(() => {});
  }

  /** The ids that have waited longest. @throws StoreError */
  async first(most: number): Promise<string[]> {
    for (let look = 0; look < LOOKS; look += 1) {
      const ids = await this.#redis.ask((client) => client.zrange(this.#key, 0, String(AT_ONCE - 1)));
      const workspaces = await Promise.all(ids.map((id) => this.#get(id)));
      const isOutdated = (_: string, at: number) => {
        const workspace = workspaces[at];
        return !workspace || !isUnused(workspace);
      };
      const outdated = ids.filter(isOutdated);
      if (outdated.length > 0) await this.#redis.ask((client) => client.zrem(this.#key, ...outdated));
      const unused = ids.filter((id) => !outdated.includes(id)).slice(0, most);
      if (unused.length > 0 || ids.length === 0) return unused;
    }
    return [];
  }
}
