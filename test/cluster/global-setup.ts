import type { TestProject } from 'vitest/node';
import { skipsPostgres, startPostgres } from '../server/records/postgres-server.ts';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { Lifetime } from '../support/lifetime.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of the Redis that clusters of a run share; '' where this machine has none. */
    redisUrl: string;
    /** The port of the PostgreSQL that they share; 0 where this machine has none. */
    postgresPort: number;
  }
}

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
