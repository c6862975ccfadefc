import { createHash } from 'node:crypto';
import { ExpiringSet } from '../collections/expiring-set.ts';
import type { Workspace } from '../domain/workspace.ts';
import { usersOf } from '../storage/user-index.ts';
import type { RedisLink } from './link.ts';

/** An entry is written before its workspace is stored, so no look removes one that is younger than this, ms. */
const YOUNG_MS = 60_000;

/**
 * The workspaces of each user, in a sorted set a user, by the time when they were noted. An entry stays when the user has
 * left: then a look at the user removes it.
 */
export class RedisUserIndex {
  readonly #redis: RedisLink;
  readonly #prefix: string;
  readonly #keptMs: number;
  readonly #now: () => number;
  readonly #get: (id: string) => Promise<Workspace | null>;
  /** What this node has noted a moment ago. */
  readonly #noted = new ExpiringSet();

  /**
   * @param prefix the beginning of the keys
   * @param keptMs how long Redis keeps a workspace, ms
   * @param get reads a workspace
   */
  constructor(
    redis: RedisLink,
    prefix: string,
    { keptMs, now, get }: { keptMs: number; now: () => number; get: (id: string) => Promise<Workspace | null> },
  ) {
    this.#redis = redis;
    this.#prefix = prefix;
    this.#keptMs = keptMs;
    this.#now = now;
    this.#get = get;
  }

  /** Notes the users of a workspace that is about to be stored. */
  note(workspace: Workspace): void {
    for (const user of usersOf(workspace)) {
      const entry = `${workspace.id} ${user}`;
      if (this.#noted.has(entry)) continue;
      this.#noted.add(entry);
      const key = this.#keyOf(user);
      this.#redis
        .ask((client) => Promise.all([client.zadd(key, this.#now(), workspace.id), client.pexpire(key, this.#keptMs)]))
        .catch(() => this.#noted.forget(entry));
    }
  }

  /** @throws StoreError */
  async of(user: string): Promise<readonly string[]> {
    const key = this.#keyOf(user);
    const ids = await this.#redis.ask((client) => client.zrange(key, 0, '-1'));
    const workspaces = await Promise.all(ids.map((id) => this.#get(id)));
    const isOutdated = (_: string, at: number) => {
      const workspace = workspaces[at];
      return !workspace || !usersOf(workspace).has(user);
    };
    const outdated = ids.filter(isOutdated);
    if (outdated.length > 0) await this.#remove(key, outdated);
    return ids.filter((id) => !outdated.includes(id));
  }

  async #remove(key: string, ids: readonly string[]): Promise<void> {
    const old = await this.#redis.ask((client) => client.zrangebyscore(key, '-inf', String(this.#now() - YOUNG_MS)));
    const removed = ids.filter((id) => old.includes(id));
    if (removed.length > 0) await this.#redis.ask((client) => client.zrem(key, ...removed));
  }

  #keyOf(user: string): string {
    return `${this.#prefix}:${createHash('sha256').update(user).digest('base64url')}`;
  }
}
