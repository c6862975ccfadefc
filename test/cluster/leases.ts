import type { Redis } from '../server/redis/redis-server.ts';
import type { NodesOfCluster } from './nodes.ts';

/** When the leases of nodes end that have not run out, by the clock of Redis: ms since the epoch. */
export async function leaseEnds({ redis, prefix }: Pick<NodesOfCluster<Redis>, 'redis' | 'prefix'>): Promise<number[]> {
  const [seconds = '', micros = ''] = (await redis.cli('time')).split('\n');
  const now = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
  const leases = await redis.cli('zrange', `${prefix}:nodes`, String(now + 1), '+inf', 'BYSCORE', 'WITHSCORES');
  return leases
    .split('\n')
    .filter((_, at) => at % 2 === 1)
    .map(Number);
}
