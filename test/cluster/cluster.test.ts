import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readRedisUrl } from '../../src/server/config/redis.ts';
import { openRedis } from '../../src/server/redis/connect.ts';
import { skipsRedis, startRedis } from '../server/redis/redis-server.ts';
import {
  attend,
  candidate,
  createWorkspace,
  inOneProcess,
  onCluster,
  reattend,
  startServer,
} from '../support/fixtures.ts';
import { startCluster, startLocalCluster } from './cluster.ts';
import { backAt, guestAt, ownerAt, threeOf } from './seats-on-nodes.ts';
import { sharedCluster } from './shared-cluster.ts';

describe.skipIf(skipsRedis())('several processes', () => {
  it('are one server: clients of different ones meet in one workspace', async () => {
    const cluster = await startCluster({ nodes: 2 });
    const [one, two] = cluster.nodes;
    expect(new Set(cluster.nodes.map(({ pid }) => pid)).size).toBe(2);
    expect(one?.url).not.toBe(two?.url);
    const owner = await createWorkspace(cluster);
    const bob = await attend(cluster, owner);
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await bob.client.notice('icecandidate');
  });

  it('are two servers where what their keys begin with differs, over one Redis', async () => {
    const redis = await startRedis();
    const [here, there] = await Promise.all([
      startLocalCluster({ nodes: 1, redis }),
      startLocalCluster({ nodes: 1, redis }),
    ]);
    const owner = await createWorkspace(here);
    const stranger = await there.connect();
    expect(await stranger.refused('attendees', owner.proof)).toMatchObject({ code: 'WORKSPACE_GONE' });
  });

  it('go on without one that was killed, and with it when it is started again', async () => {
    const cluster = await startCluster({ nodes: 2 });
    const [one, two] = cluster.nodes;
    if (!one || !two) throw new Error('There are two.');
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(one) });
    one.kill('SIGKILL');
    expect(await one.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect([one.living, two.living]).toEqual([false, true]);
    const back = await reattend(cluster, owner);
    const { url } = one;
    await one.restart();
    expect([one.url, one.living]).toEqual([url, true]);
    const bob = await attend(cluster, { ...owner, ...back }, { client: await cluster.connectTo(one) });
    await bob.client.must('icecandidate', { ...bob.to(back), candidate });
    await back.client.notice('icecandidate');
  });

  it('have told each other everything that was done before somebody settled', async () => {
    const cluster = await sharedCluster();
    const [one, two, three] = threeOf(cluster);
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(one) });
    const guest = async (node: typeof one) => attend(cluster, owner, { client: await cluster.connectTo(node) });
    const bob = await guest(two);
    const eve = await guest(three);
    await bob.client.settled();
    for (let n = 0; n < 50; n += 1) {
      bob.client.received.length = 0;
      const state = n % 2 === 0;
      await Promise.all([owner, eve].map(({ client, proof }) => client.must('mic-toggle', { ...proof, state })));
      await bob.client.settled();
      expect(bob.client.heard).toEqual(['mic-toggle', 'mic-toggle']);
    }
  });
});

describe.skipIf(skipsRedis())('a node without anybody of a workspace', () => {
  it('hears nothing of it: not even that somebody has to go', async () => {
    const redis = await startRedis();
    const cluster = await startCluster({ redis });
    const [one, two] = threeOf(cluster);
    const heard: string[] = [];
    const listener = openRedis(readRedisUrl(redis.url, {}));
    onTestFinished(() => listener.disconnect());
    await once(listener, 'ready');
    const channel = `${cluster.prefix}:io#/#`;
    listener.on('smessage', (_, message: string) => heard.push(message));
    await listener.ssubscribe(channel);

    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner);
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await bob.client.notice('icecandidate');
    const { back } = await backAt(cluster, one, bob);
    await bob.client.notice('superseded');
    await bob.client.notice('(disconnected)');
    const { back: again } = await backAt(cluster, two, bob);
    await back.client.notice('(disconnected)');
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    await again.client.notice('kicked');
    const eve = await guestAt(cluster, two, owner);
    await owner.client.must('destroy', owner.proof);
    await eve.client.notice('destroyed');
    await redis.cli('spublish', channel, 'the end');
    await expect.poll(() => heard.at(-1)).toBe('the end');
    expect(heard).toEqual(['the end']);
  });
});

describe.skipIf(skipsRedis())('a relay to somebody at another node', () => {
  it('asks Redis nothing where one went there lately, also when somebody else has left since', async () => {
    const redis = await startRedis();
    const cluster = await startLocalCluster({ redis });
    const [one, two] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner);
    const eve = await guestAt(cluster, two, owner);
    const relay = async () => {
      await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
      await bob.client.notice('icecandidate');
    };
    const reads = async () => /cmdstat_hget:calls=(\d+)/.exec(await redis.cli('info', 'commandstats'))?.[1];
    await relay();
    await eve.client.must('leave', eve.proof);
    await owner.client.notice('leave');
    const before = await reads();
    for (let n = 0; n < 5; n += 1) await relay();
    expect(await reads()).toBe(before);
  });
});

describe.runIf(onCluster)('the server of a test on clusters', () => {
  it('is the same for tests that want the same environment, and another one for others', async () => {
    const environment = { MAX_CAPACITY_OF_WORKSPACE: '7' };
    const [one, two] = [await startServer(environment), await startServer(environment)];
    const owner = await createWorkspace(one);
    await attend(two, owner);
    const stranger = await (await startServer()).connect();
    expect(await stranger.refused('attendees', owner.proof)).toMatchObject({ code: 'WORKSPACE_GONE' });
  });

  it('shows what is stored', async () => {
    const server = await startServer();
    const { workspaceId, id } = await createWorkspace(server);
    expect(await server.services.store.get(workspaceId)).toMatchObject({ id: workspaceId, owner: { id } });
  });

  inOneProcess('that is what is tested')('skips what only one process has', () => {
    throw new Error('It is not skipped.');
  });
});
