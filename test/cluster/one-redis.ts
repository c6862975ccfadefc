import type { TestProject } from 'vitest/node';
import { Lifetime } from '../lifetime.ts';
import { skipsRedis, startRedis } from '../redis/redis-server.ts';

/** Starts the Redis that all clusters of a run share before the first test file, and ends it after the last one. */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const run = new Lifetime();
  provide('redisUrl', skipsRedis() ? '' : (await startRedis({ atEnd: run.atEnd })).url);
  return () => run.end();
}
