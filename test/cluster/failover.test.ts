import { describe, expect, it } from 'vitest';
import { skipsRedis } from '../server/redis/redis-server.ts';
import { startSentinels } from '../server/redis/sentinels.ts';
import { attend, createWorkspace } from '../support/fixtures.ts';
import { startCluster } from './cluster.ts';
import { expectNoSecrets, secretPin as pin } from './log-secrets.ts';
import { reconnect } from './reconnect.ts';
import { becomesReady } from './redis-outage.ts';

describe.skipIf(skipsRedis())('When sentinels name another master', () => {
  it('nodes find it by themselves, and seats are there', async () => {
    const redis = await startSentinels();
    const cluster = await startCluster({ nodes: 2, redis, env: { LOG_LEVEL: 'trace' } });
    const [one, two] = cluster.nodes;
    if (!one || !two) throw new Error('There are two.');
    const owner = await createWorkspace(cluster, { pin, client: await cluster.connectTo(one) });
    const bob = await attend(cluster, owner, { pin, client: await cluster.connectTo(two) });
    expect(await redis.first.cli('wait', '1', '0')).toBe('1');

    await redis.failOver();
    const back = await Promise.all([reconnect(cluster, one, owner), reconnect(cluster, two, bob)]);
    await becomesReady(one, two);
    const [ownerBack, bobBack] = back;
    await ownerBack.client.must('icecandidate', { ...ownerBack.to(bobBack), candidate: { candidate: 'there?' } });
    await bobBack.client.notice('icecandidate');
    const eve = await attend(cluster, { ...owner, ...ownerBack }, { pin });
    const { attendees } = await eve.client.must('attendees', eve.proof);
    expect(Object.keys(attendees).sort()).toEqual([owner.id, bob.id, eve.id].sort());
    for (const { living, output } of cluster.nodes) {
      expect(living).toBe(true);
      expectNoSecrets(output.stdout);
    }
  });
});
