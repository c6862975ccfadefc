import type { TestProject } from 'vitest/node';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { Lifetime } from '../support/lifetime.ts';
import { lendClusters } from './lender.ts';

/** Before the first test file: starts what all files share, a Redis and clusters over it. After the last one it ends. */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const run = new Lifetime();
  if (skipsRedis()) {
    provide('redisUrl', '');
    provide('lenderUrl', '');
    return () => run.end();
  }
  const { url } = await startRedis({ atEnd: run.atEnd });
  provide('redisUrl', url);
  provide('lenderUrl', await lendClusters(url, run.atEnd));
  return () => run.end();
}
