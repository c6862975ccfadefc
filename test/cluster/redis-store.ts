import { readRedisUrl } from '../../src/config/redis.ts';
import { openRedis } from '../../src/redis/connect.ts';
import { RedisLink } from '../../src/redis/link.ts';
import { redisStore } from '../../src/stores/redis.ts';
import type { Store } from '../../src/stores/store.ts';
import type { Cluster } from './cluster.ts';

const DAY = 24 * 3_600_000;

/** Opens the store of a cluster beside its processes, so that a test can look into it. */
export async function openRedisStore({ prefix, redis }: Cluster): Promise<Store> {
  const client = openRedis(readRedisUrl(redis.url, {}));
  await new Promise((resolve) => client.once('ready', resolve));
  const store = redisStore({ redis: new RedisLink(client, 5000), prefix, node: 'test', idleMs: DAY, now: Date.now });
  return {
    ...store,
    async close() {
      await store.close();
      client.disconnect();
    },
  };
}
