import type { TestProject } from 'vitest/node';
import { skipsPostgres, startPostgres } from '../server/records/postgres-server.ts';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { Lifetime } from '../support/lifetime.ts';

/** Before the first test file: starts what all files share, a Redis and a PostgreSQL. After the last one both end. */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const run = new Lifetime();
  const [redis, postgres] = await Promise.all([
    skipsRedis() ? null : startRedis({ atEnd: run.atEnd }),
    skipsPostgres() ? null : startPostgres(run.atEnd),
  ]);
  provide('redisUrl', redis?.url ?? '');
  provide('postgresPort', postgres?.port ?? 0);
  return () => run.end();
}
