import { describe, expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../../src/server/config/load-config.ts';
import { ConnectionCounts } from '../../../src/server/metrics/connection-counts.ts';
import { NodeReports } from '../../../src/server/metrics/node-reports.ts';
import { start } from '../../../src/server/server.ts';
import { createServices } from '../../../src/server/services.ts';
import { secrets } from '../../support/built-server.ts';
import { type Redis, skipsRedis, startRedis } from '../redis/redis-server.ts';

describe.skipIf(skipsRedis())('Nodes that share a Redis', () => {
  async function startNode(redis: Redis, isAsked = true) {
    const env = { PORT: '0', LOG_LEVEL: 'silent', USERS: '', NODE_LEASE_SECONDS: '2', ...secrets };
    const services = await createServices(loadConfig({ ...env, STORE: 'redis', REDIS_URL: redis.url }));
    const server = await start(services);
    const close = () => server.close();
    onTestFinished(close);
    return { services, close, reports: isAsked ? new NodeReports(services, new ConnectionCounts()) : null };
  }

  it('each tell of all of them, and of the pairs that failed at any', async () => {
    const redis = await startRedis();
    const [one, two] = [await startNode(redis), await startNode(redis)];
    const report = { workspace: '_w', peer: '_p', state: 'failed', reason: 'no-route' };
    one.services.failedPairs.note({ ...report, attendee: '_a' }, 1);
    two.services.failedPairs.note({ ...report, attendee: '_b' }, 2);
    for (const { reports } of [one, two]) {
      // A node learns of another one with its next renewal.
      await expect.poll(async () => (await reports?.nodes())?.size).toBe(2);
      const nodes = await reports?.nodes();
      for (const { services } of [one, two]) {
        expect(nodes?.get(services.cluster.node)).toMatchObject({ id: services.cluster.node, isReady: true });
      }
      expect((await reports?.failedPairs())?.map(({ attendee }) => attendee)).toEqual(['_b', '_a']);
    }
    await two.close();
    await expect.poll(async () => (await one.reports?.nodes())?.size).toBe(1);
  });

  it('name one that lives and does not answer', async () => {
    const redis = await startRedis();
    const [one, two] = [await startNode(redis), await startNode(redis, false)];
    await expect.poll(async () => (await one.reports?.nodes())?.get(two.services.cluster.node)).toBeNull();
    expect(await one.reports?.failedPairs()).toEqual([]);
  });
});
