import type { TestProject } from 'vitest/node';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { Lifetime } from '../support/lifetime.ts';

/** Starts the Redis that all clusters of a run share before the first test file, and ends it after the last one. */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const run = new Lifetime();
  provide('redisUrl', skipsRedis() ? '' : (await startRedis({ atEnd: run.atEnd })).url);
  return () => run.end();
}
