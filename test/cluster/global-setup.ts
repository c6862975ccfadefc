import type { TestProject } from 'vitest/node';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { Lifetime } from '../support/lifetime.ts';
import { serveClusterPool } from './cluster-pool.ts';

/** Before the first test file: starts what all files share, a Redis and clusters over it. After the last one it ends. */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const run = new Lifetime();
  if (skipsRedis()) {
    provide('redisUrl', '');
    provide('clusterPoolUrl', '');
    return () => run.end();
  }
  const { url } = await startRedis({ atEnd: run.atEnd });
  provide('redisUrl', url);
  provide('clusterPoolUrl', await serveClusterPool(url, run.atEnd));
  return () => run.end();
}
