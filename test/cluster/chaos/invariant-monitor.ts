import { onTestFinished } from 'vitest';
import { readRedisUrl } from '../../../src/server/config/redis.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import { openRedis } from '../../../src/server/redis/connect.ts';
import type { Cluster } from '../cluster.ts';

/** The time between two checks of all documents, ms. */
const CHECK_MS = 100;

/** Reads all documents from Redis again and again, without the code of the nodes, and checks their invariants. */
export class InvariantMonitor {
  readonly #client;
  readonly #prefix: string;
  readonly #timer: NodeJS.Timeout;
  /** The broken invariants so far. */
  readonly violations = new Set<string>();
  checks = 0;

  constructor({ redis, prefix }: Pick<Cluster, 'redis' | 'prefix'>, capacity: number) {
    this.#client = openRedis(readRedisUrl(redis.url, {}));
    this.#client.on('error', () => {});
    this.#prefix = prefix;
    this.#timer = setInterval(async () => {
      // No check while Redis is away.
      for (const each of await this.all().catch(() => [])) this.#check(each, capacity);
    }, CHECK_MS);
    onTestFinished(() => {
      clearInterval(this.#timer);
      this.#client.disconnect();
    });
  }

  async all(): Promise<Workspace[]> {
    const keys = await this.#client.keys(`${this.#prefix}:workspace:*`);
    const texts = await Promise.all(keys.map((key) => this.#client.hget(key, 'doc')));
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Workspace]));
  }

  #check({ id, owner, attendees, call }: Workspace, capacity: number): void {
    this.checks += 1;
    const ids = attendees.map((each) => each.id);
    if (new Set(ids).size < ids.length) this.violations.add(`somebody is seated twice in ${id}`);
    if (ids.filter((each) => each !== owner.id).length >= capacity) this.violations.add(`too many are seated in ${id}`);
    if (call?.participants.some((each) => !ids.includes(each)))
      this.violations.add(`a participant of ${id} has no seat`);
  }
}
