import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import { attend, candidate, createWorkspace, reattend } from '../support/fixtures.ts';
import { startCluster, startLocalCluster } from './cluster.ts';
import { leaseEnds } from './leases.ts';
import { reconnect } from './reconnect.ts';
import { becomesReady, becomesUnready, RECOVERY_MS } from './redis-outage.ts';
import { threeOf } from './seats-on-nodes.ts';

describe.skipIf(skipsRedis())('Redis', () => {
  it.each([
    { connections: 'stay', awayMs: 2500 },
    { connections: 'are given up', awayMs: 4000 },
  ])(
    'that was away for longer than the grace time costs nobody the seat who could not come back meanwhile (connections with it $connections)',
    async ({ awayMs }) => {
      const redis = await startRedis();
      const cluster = await startLocalCluster({ redis, env: { SEAT_GRACE_SECONDS: '2', NODE_LEASE_SECONDS: '1' } });
      const owner = await createWorkspace(cluster);
      const bob = await attend(cluster, owner);
      bob.client.close();
      await owner.client.notice('presence', ({ connected }) => !connected);
      redis.pause();
      // This is how long it is away, and no event tells that it is over.
      await sleep(awayMs);
      redis.resume();
      await becomesReady(...cluster.nodes);
      const back = await reattend(cluster, bob);
      await back.client.must('mic-toggle', { ...back.proof, state: false });
    },
  );

  it('that refuses to write for longer than the grace time costs nobody the seat, and relays go on meanwhile', async () => {
    const redis = await startRedis();
    const cluster = await startLocalCluster({ redis, env: { SEAT_GRACE_SECONDS: '2', NODE_LEASE_SECONDS: '1' } });
    const [one, two, three] = threeOf(cluster);
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(one) });
    const eve = await attend(cluster, owner, { client: await cluster.connectTo(two) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(two) });
    const again = await cluster.connectTo(three);
    bob.client.close();
    await owner.client.notice('presence', ({ connected }) => !connected);
    // As with a disk that is full, or a master that has become a replica.
    await redis.cli('config', 'set', 'min-replicas-to-write', '1');
    await becomesUnready(one, two, three);
    const begun = performance.now();
    while (performance.now() - begun < 4000) {
      expect(await again.refused('re-attend', bob.proof)).toMatchObject({ code: 'BUSY_TRY_AGAIN' });
      await owner.client.must('icecandidate', { ...owner.to(eve), candidate });
      await eve.client.notice('icecandidate');
      await sleep(250);
    }
    await redis.cli('config', 'set', 'min-replicas-to-write', '0');
    await becomesReady(one, two, three);
    const codes = new Set<string | null>();
    const isBack = async () => {
      const reply = await (await cluster.connectTo(three)).ask('re-attend', bob.proof);
      codes.add(reply.ok ? null : reply.error.code);
      return reply.ok;
    };
    await expect.poll(isBack, { timeout: RECOVERY_MS, interval: 50 }).toBe(true);
    expect([...codes].filter((code) => code !== 'BUSY_TRY_AGAIN')).toEqual([null]);
    await Promise.all([reconnect(cluster, one, owner), reconnect(cluster, two, eve)]);
  });

  it('that has forgotten all leases costs nobody the seat: clients are asked to come back', async () => {
    const redis = await startRedis();
    const cluster = await startLocalCluster({ redis });
    const [one, two] = threeOf(cluster);
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(one) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(two) });
    await redis.cli('del', `${cluster.prefix}:nodes`);
    const back = await Promise.all([reconnect(cluster, one, owner), reconnect(cluster, two, bob)]);
    for (const { client, proof } of back) {
      const { attendees } = await client.must('attendees', proof);
      expect(Object.keys(attendees).sort()).toEqual([owner.id, bob.id].sort());
    }
  });

  it('that lets nobody listen has nobody seated who would hear nothing', async () => {
    const redis = await startRedis();
    const cluster = await startLocalCluster({ redis, nodes: 1 });
    const stranger = await cluster.connect();
    const create = { workspace: {}, attendee: {} };
    await redis.cli('acl', 'setuser', 'default', 'resetchannels');
    expect(await stranger.refused('create', create)).toMatchObject({ code: 'BUSY_TRY_AGAIN' });
    await redis.cli('acl', 'setuser', 'default', 'allchannels');
    await expect.poll(async () => (await stranger.ask('create', create)).ok, { timeout: RECOVERY_MS }).toBe(true);
  });

  it('with something on its channels that no node has sent ends no node', async () => {
    const redis = await startRedis();
    const cluster = await startCluster({ redis });
    const [one, two] = threeOf(cluster);
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(one) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(two) });
    const garbage = [
      '{}',
      '{',
      '',
      'null',
      '"',
      '[]',
      '{"type":3}',
      '{"uid":"x","nsp":"/","type":3,"data":{"opts":{"rooms":[null]},"packet":null}}',
      '{"uid":"x","nsp":"/","type":7,"data":{"opts":{}}}',
      '{"type":3,"data":{"packet":{"type":2,"data":["icecandidate"',
    ];
    for (const channel of (await redis.cli('pubsub', 'shardchannels')).split('\n')) {
      for (const message of garbage) await redis.cli('spublish', channel, message);
    }
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await bob.client.notice('icecandidate');
    for (const { living, output } of cluster.nodes) {
      expect(living).toBe(true);
      expect(output.stdout.match(/not from a node of this server/g)).toHaveLength(1);
    }
  });

  it('with no memory left refuses workspaces that are to begin, and lets those that there are go on', async () => {
    const redis = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] });
    const cluster = await startCluster({ redis });
    const owner = await createWorkspace(cluster);
    const bob = await attend(cluster, owner);
    const eve = await attend(cluster, owner);
    const stranger = await cluster.connect();
    await redis.cli('config', 'set', 'maxmemory', '1mb');
    const latest = Math.max(...(await leaseEnds(cluster)));
    expect(await stranger.refused('create', { workspace: {}, attendee: {} })).toMatchObject({ code: 'BUSY_TRY_AGAIN' });
    await bob.client.must('mic-toggle', { ...bob.proof, state: false });
    const cyd = await attend(cluster, owner);
    await cyd.client.must('leave', cyd.proof);
    await bob.client.must('leave', bob.proof);
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: eve.id } });
    await reattend(cluster, owner);
    const renewed = async () => (await leaseEnds(cluster)).filter((end) => end > latest);
    await expect.poll(renewed, { timeout: 5000 }).toHaveLength(3);
    for (const { output } of cluster.nodes) expect(output.stdout).not.toContain('The lease of this node had run out');
    // That something was told is stored too: otherwise each further change at another node would wait for it.
    const stored = (field: string) => redis.cli('hget', `${cluster.prefix}:workspace:${owner.workspaceId}`, field);
    await expect.poll(() => stored('told')).toBe(await stored('rev'));
    const [, , three] = threeOf(cluster);
    three.kill('SIGTERM');
    await three.ended;
    expect(await leaseEnds(cluster)).toHaveLength(2);
    await redis.cli('config', 'set', 'maxmemory', '0');
    await stranger.must('create', { workspace: {}, attendee: {} });
  });
});
