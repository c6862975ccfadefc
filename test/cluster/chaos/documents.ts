import { onTestFinished } from 'vitest';
import { readRedisUrl } from '../../../src/server/config/redis.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import { openRedis } from '../../../src/server/redis/connect.ts';
import type { Cluster } from '../cluster.ts';

/** How often documents are looked at, ms. */
const LOOK_MS = 100;

/** Looks at all that is stored, all the time, by eyes that know nothing of how nodes do that. */
export class Documents {
  readonly #client;
  readonly #prefix: string;
  readonly #looking: NodeJS.Timeout;
  /** What was wrong at any time. */
  readonly wrongs = new Set<string>();
  looks = 0;

  constructor({ redis, prefix }: Pick<Cluster, 'redis' | 'prefix'>, capacity: number) {
    this.#client = openRedis(readRedisUrl(redis.url, {}));
    this.#client.on('error', () => {});
    this.#prefix = prefix;
    this.#looking = setInterval(async () => {
      // It cannot be looked at while Redis is away.
      for (const each of await this.all().catch(() => [])) this.#judge(each, capacity);
    }, LOOK_MS);
    onTestFinished(() => {
      clearInterval(this.#looking);
      this.#client.disconnect();
    });
  }

  async all(): Promise<Workspace[]> {
    const keys = await this.#client.keys(`${this.#prefix}:workspace:*`);
    const texts = await Promise.all(keys.map((key) => this.#client.hget(key, 'doc')));
    return texts.flatMap((text) => (text === null ? [] : [JSON.parse(text) as Workspace]));
  }

  #judge({ id, owner, attendees, call }: Workspace, capacity: number): void {
    this.looks += 1;
    const ids = attendees.map((each) => each.id);
    if (new Set(ids).size < ids.length) this.wrongs.add(`somebody is seated twice in ${id}`);
    if (ids.filter((each) => each !== owner.id).length >= capacity) this.wrongs.add(`too many are seated in ${id}`);
    if (call?.participants.some((each) => !ids.includes(each))) this.wrongs.add(`a participant of ${id} has no seat`);
  }
}
