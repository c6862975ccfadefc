import { once } from 'node:events';
import { readRedisUrl } from '../../src/server/config/redis.ts';
import { openRedis } from '../../src/server/redis/connect.ts';
import { RedisLink } from '../../src/server/redis/link.ts';
import { redisStore } from '../../src/server/redis/store.ts';
import type { Store } from '../../src/server/storage/store.ts';
import type { NodesOfCluster } from './nodes.ts';

/** How long an answer of Redis may take, in ms: longer than any test. */
const PATIENCE_MS = 60_000;
/** How long a workspace may be idle, in ms: longer than in any test that lets it be. */
const IDLE_MS = 3_600_000;

/** Opens the store of a cluster beside its processes, so that a test can look into it. */
export async function openRedisStore({ redis, prefix }: Pick<NodesOfCluster, 'redis' | 'prefix'>): Promise<Store> {
  const client = openRedis(readRedisUrl(redis.url, redis.ca ? { REDIS_CA: redis.ca } : {}));
  await once(client, 'ready');
  const link = new RedisLink(client, PATIENCE_MS);
  const store = redisStore({ redis: link, prefix, node: 'test', idleMs: IDLE_MS, now: Date.now, onUnannounced() {} });
  return {
    ...store,
    async close() {
      await store.close();
      client.disconnect();
    },
  };
}
