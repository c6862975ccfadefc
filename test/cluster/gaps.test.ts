import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { NoticePayload } from '../../src/protocol/types.ts';
import { codeOf } from '../protocol/every-command.ts';
import { skipsRedis } from '../server/redis/redis-server.ts';
import { attend, connectCall, createWorkspace, generations, type Seat } from '../support/fixtures.ts';
import { secretPin as pin } from './log-secrets.ts';
import {
  LONGER_THAN_LEASE_AND_GRACE,
  type ProxiedCluster,
  startProxiedCluster,
  startProxiedProcesses,
} from './proxied-cluster.ts';
import { reconnect } from './reconnect.ts';
import { becomesReady, becomesUnready, RECOVERY_MS } from './redis-outage.ts';
import { backAt, threeOf } from './seats-on-nodes.ts';

/** An owner at one node, two at the other one; all of them on the call. */
async function onCall(cluster: ProxiedCluster) {
  const { one, two } = cluster;
  const owner = await createWorkspace(cluster, { pin, client: await cluster.connectTo(one) });
  const bob = await attend(cluster, owner, { pin, client: await cluster.connectTo(two) });
  const eve = await attend(cluster, owner, { pin, client: await cluster.connectTo(two) });
  await connectCall(owner, bob);
  await connectCall(owner, eve);
  return { owner, bob, eve };
}

/** The attendees and the call, as the answer to a re-attend has them. */
async function seenBy({ client, proof }: Seat) {
  const { attendees, workspace } = await client.must('re-attend', { ...proof, session: 'page' });
  return { seated: Object.keys(attendees).sort(), onCall: [...(workspace.call?.participants ?? [])].sort() };
}

/** Ends every subscription, and refuses new ones until the returned function is called. Everything else goes on. */
async function deafen({ redis }: ProxiedCluster): Promise<() => Promise<unknown>> {
  await redis.cli('acl', 'setuser', 'default', '-ssubscribe');
  await redis.cli('client', 'kill', 'type', 'pubsub');
  return () => redis.cli('acl', 'setuser', 'default', '+ssubscribe');
}

const states = ({ client }: Seat) =>
  client.everything
    .filter(({ notice }) => notice === 'mic-toggle')
    .map(({ payload }) => (payload as NoticePayload<'mic-toggle'>).state);

const gaps = [
  {
    name: 'was reset',
    begin: ({ proxies }: ProxiedCluster) => proxies[0]?.cut('RST'),
    end: ({ proxies }: ProxiedCluster) => proxies[0]?.resume(),
  },
  {
    name: 'was forgotten by the network',
    begin: ({ proxies }: ProxiedCluster) => proxies[0]?.blackhole(),
    end: () => {},
  },
];

describe.skipIf(skipsRedis())('After a gap', () => {
  it.each(gaps)(
    'in which the way of a node to Redis $name, its clients come back, and know who left meanwhile',
    async ({ begin, end }) => {
      // Nobody may be called lost for the gap of one node that is shorter than a lease, nor be late for a longer one.
      const cluster = await startProxiedCluster({ env: { NODE_LEASE_SECONDS: '30' } });
      const { owner, bob, eve } = await onCall(cluster);
      begin(cluster);
      await bob.client.must('leave', bob.proof);
      await eve.client.notice('leave');
      end(cluster);
      const back = await reconnect(cluster, cluster.one, owner);
      expect(await seenBy(back)).toEqual({ seated: [owner.id, eve.id].sort(), onCall: [owner.id, eve.id].sort() });
      await becomesReady(cluster.one, cluster.two);
      await eve.client.must('leave', eve.proof);
      await back.client.notice('leave', ({ id }) => id === eve.id);
    },
  );

  it('in which only the connection that listens was cut, its clients come back, and know who left meanwhile', async () => {
    const cluster = await startProxiedCluster();
    const { owner, bob, eve } = await onCall(cluster);
    // In one transaction, so that the node has no moment to listen again before.
    const kill = cluster.redis.cli('client', 'kill', 'type', 'pubsub');
    await bob.client.ask('leave', bob.proof);
    await kill;
    const [back] = await Promise.all([reconnect(cluster, cluster.one, owner), reconnect(cluster, cluster.two, eve)]);
    expect(await seenBy(back)).toEqual({ seated: [owner.id, eve.id].sort(), onCall: [owner.id, eve.id].sort() });
  });

  it('in which a notice could not be sent, those whom it was for come back, and nobody else', async () => {
    const cluster = await startProxiedCluster({ env: { NODE_LEASE_SECONDS: '30' } });
    const { owner, bob } = await onCall(cluster);
    const stranger = await createWorkspace(cluster, { client: await cluster.connectTo(cluster.one) });
    const [, , generation] = generations;
    const old = await attend(cluster, owner, { pin, client: await cluster.connectTo(cluster.one, { generation }) });
    const relay = async (text: string) => {
      for (const each of [owner, old]) {
        await bob.client.must('icecandidate', { ...bob.to(each), candidate: { candidate: text } });
      }
    };
    // The node has looked up the seat's location lately, and publishes a relay after its sender has its answer.
    await relay('found');
    cluster.proxies[1]?.stall('up');
    await relay('lost');
    cluster.proxies[1]?.cut('RST');
    cluster.proxies[1]?.resume();
    await reconnect(cluster, cluster.one, owner);
    for (const { client } of [stranger, old]) expect(client.heard).not.toContain('(disconnected)');
  });

  it('clients of Socket.IO 2 keep their connections and are told of nothing twice, and their seats stay', async () => {
    const cluster = await startProxiedCluster();
    const { one, two } = cluster;
    const [, , generation] = generations;
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(one, { generation }) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(two) });
    await cluster.redis.kill();
    await cluster.redis.start();
    const back = await reconnect(cluster, two, bob);
    await becomesReady(one, two);
    expect(owner.client.heard).not.toContain('(disconnected)');
    const { attendees } = await back.client.must('attendees', back.proof);
    expect(attendees[owner.id]).toMatchObject({ connected: true });
    await back.client.must('icecandidate', { ...back.to(owner), candidate: { candidate: 'after it' } });
    await owner.client.notice('icecandidate');
  });

  it('longer than the lease of one node alone, its seats are those of its clients again, and none is given up', async () => {
    const cluster = await startProxiedCluster({ env: { SEAT_GRACE_SECONDS: '4' } });
    const { one, two, proxies } = cluster;
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(two) });
    const bob = await attend(cluster, owner, { session: 'bob', client: await cluster.connectTo(one) });
    proxies[0]?.stall();
    await owner.client.notice('presence', ({ attendee, connected }) => attendee.id === bob.id && !connected);
    proxies[0]?.resume();
    await reconnect(cluster, one, bob);
    await owner.client.notice('presence', ({ attendee, connected }) => attendee.id === bob.id && connected);
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(Object.keys(attendees).sort()).toEqual([owner.id, bob.id].sort());
  });

  it('longer than the lease of one node alone, seats of clients of Socket.IO 2 are theirs again, who stayed', async () => {
    const cluster = await startProxiedCluster({ env: { SEAT_GRACE_SECONDS: '4' } });
    const { one, two, proxies } = cluster;
    const [, , generation] = generations;
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(two) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(one, { generation }) });
    proxies[0]?.stall();
    await owner.client.notice('presence', ({ attendee, connected }) => attendee.id === bob.id && !connected);
    proxies[0]?.resume();
    await owner.client.notice('presence', ({ attendee, connected }) => attendee.id === bob.id && connected);
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate: { candidate: 'after it' } });
    await bob.client.notice('icecandidate');
    expect(bob.client.heard).not.toContain('(disconnected)');
  });

  it('in which a client of Socket.IO 2 has lost its seat to a newer connection, it is told so', async () => {
    const cluster = await startProxiedCluster({ env: { NODE_LEASE_SECONDS: '30' } });
    const { one, two, proxies } = cluster;
    const [, , generation] = generations;
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(two) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(one, { generation }) });
    proxies[0]?.cut('RST');
    const { back } = await backAt(cluster, two, bob);
    proxies[0]?.resume();
    await bob.client.notice('superseded');
    await bob.client.notice('(disconnected)');
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate: { candidate: 'for the newer one' } });
    await back.client.notice('icecandidate');
    const { attendees } = await back.client.must('attendees', back.proof);
    expect(attendees[bob.id]).toMatchObject({ connected: true });
  });

  it('in which a client of Socket.IO 2 was kicked, it can hand nothing on any more', async () => {
    const cluster = await startProxiedCluster({ env: { NODE_LEASE_SECONDS: '30' } });
    const { one, two, proxies } = cluster;
    const [, , generation] = generations;
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(two) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(one, { generation }) });
    proxies[0]?.cut('RST');
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
    proxies[0]?.resume();
    const relay = async () =>
      codeOf(await bob.client.askRaw('icecandidate', { ...bob.to(owner), candidate: { candidate: 'still' } }));
    await expect.poll(relay, { timeout: RECOVERY_MS }).toBe('NOT_SEATED');
    await becomesReady(one, two);
    expect(await relay()).toBe('NOT_SEATED');
  });

  it('longer than all leases, nobody is told that a client of Socket.IO 2 was lost that has stayed', async () => {
    const cluster = await startProxiedCluster();
    const { one, two } = cluster;
    const [, , generation] = generations;
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(one, { generation }) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(two, { generation }) });
    await cluster.redis.kill();
    await sleep(LONGER_THAN_LEASE_AND_GRACE);
    await cluster.redis.start();
    await becomesReady(one, two);
    for (const [from, to] of [
      [owner, bob],
      [bob, owner],
    ] as const) {
      await from.client.must('mic-toggle', { ...from.proof, state: false });
      await to.client.notice('mic-toggle');
    }
    for (const { client } of [owner, bob]) {
      expect(client.heard).not.toContain('presence');
      expect(client.heard).not.toContain('(disconnected)');
    }
  });

  it('a node is ready only when it is subscribed again', async () => {
    const cluster = await startProxiedCluster({ env: { NODE_LEASE_SECONDS: '30' } });
    const { one, two } = cluster;
    const hearAgain = await deafen(cluster);
    await becomesUnready(one, two);
    await hearAgain();
    await becomesReady(one, two);
  });

  it('a client of Socket.IO 2 gets what was acknowledged while its node was not subscribed: in order, once', async () => {
    const cluster = await startProxiedCluster({ env: { NODE_LEASE_SECONDS: '30' } });
    const { one, two } = cluster;
    const [, , generation] = generations;
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(one, { generation }) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(two, { generation }) });
    const hearAgain = await deafen(cluster);
    await becomesUnready(two);
    const toggled = [false, true, false, true, false];
    for (const state of toggled) await owner.client.must('mic-toggle', { ...owner.proof, state });
    expect(states(bob)).toEqual([]);
    await hearAgain();
    await becomesReady(one, two);
    await expect.poll(() => states(bob), { timeout: RECOVERY_MS }).toEqual(toggled);
    // The next notice comes the ordinary way, behind all others.
    await owner.client.must('mic-toggle', { ...owner.proof, state: true });
    await expect.poll(() => states(bob), { timeout: RECOVERY_MS }).toEqual([...toggled, true]);
    expect(bob.client.heard).not.toContain('(disconnected)');
  });

  it('somebody who has taken the seat meanwhile is not told what the answer said already', async () => {
    const cluster = await startProxiedProcesses({ nodes: 3, env: { NODE_LEASE_SECONDS: '30' } });
    const [one, two, three] = threeOf(cluster);
    const [, , generation] = generations;
    const owner = await createWorkspace(cluster, { client: await cluster.connectTo(one, { generation }) });
    const bob = await attend(cluster, owner, { client: await cluster.connectTo(two, { generation }) });
    const hearAgain = await deafen(cluster);
    await becomesUnready(two);
    await owner.client.must('mic-toggle', { ...owner.proof, state: false });
    // So that nobody gets it at this node.
    two.kill('SIGSTOP');
    await hearAgain();
    await becomesReady(one, three);
    const back = { ...bob, client: await cluster.connectTo(three, { generation }) };
    await back.client.must('re-attend', bob.proof);
    // It joins the queue behind the other one.
    await owner.client.must('cam-toggle', { ...owner.proof, state: false });
    await back.client.notice('cam-toggle');
    expect(states(back)).toEqual([]);
    two.kill('SIGCONT');
    await becomesReady(two);
  });
});
