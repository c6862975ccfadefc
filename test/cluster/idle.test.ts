import { expect, it } from 'vitest';
import { startRedis } from '../server/redis/redis-server.ts';
import { startCluster } from './cluster.ts';
import { ownerAt } from './seats-on-nodes.ts';

const SECOND = 1 / 3600;

it('A workspace whose only owner does nothing is kept for as long as they are connected', async () => {
  const redis = await startRedis();
  const cluster = await startCluster({ nodes: 1, redis, env: { WORKSPACE_IDLE_HOURS: String(2 * SECOND) } });
  const [node] = cluster.nodes;
  if (!node) throw new Error('There is one.');
  const owner = await ownerAt(cluster, node);
  const left = async () => Number(await redis.cli('pttl', `${cluster.prefix}:workspace:${owner.workspaceId}`));
  // Redis forgets it when that is over; it grows only where somebody says that it is still needed.
  const before = await left();
  await expect.poll(left, { interval: 20 }).toBeLessThan(before - 500);
  const least = await left();
  await expect.poll(left, { interval: 20, timeout: 5000 }).toBeGreaterThan(least + 200);
  await owner.client.must('attendees', owner.proof);
});
