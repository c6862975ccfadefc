import { describe, expect, it } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../server/redis/redis-cluster.ts';
import { skipsRedis } from '../server/redis/redis-server.ts';
import { attend, connectCall, createWorkspace, type Owner, type Seat } from '../support/fixtures.ts';
import { type Address, type ReachableCluster, startCluster } from './cluster.ts';
import { expectNoSecrets, secretPin as pin } from './log-secrets.ts';
import { reconnect } from './reconnect.ts';
import { becomesReady } from './redis-outage.ts';

/** So many that each master has some of them, and of the channels of their seats. */
const WORKSPACES = 30;

interface Room {
  readonly owner: Owner;
  readonly guest: Seat;
}

/** A workspace whose owner is at one node and whose guest is at another one, both on the call. */
async function settle(cluster: ReachableCluster, index: number): Promise<Room & { nodes: [Address, Address] }> {
  const { nodes } = cluster;
  const [one, other] = [nodes[index % nodes.length], nodes[(index + 1) % nodes.length]];
  if (!one || !other) throw new Error('There are three.');
  const owner = await createWorkspace(cluster, { pin, client: await cluster.connectTo(one) });
  const guest = await attend(cluster, owner, { pin, client: await cluster.connectTo(other) });
  await connectCall(owner, guest);
  return { owner, guest, nodes: [one, other] };
}

/** Each hears the other. */
async function expectConnected({ owner, guest }: { owner: Seat; guest: Seat }, text: string): Promise<void> {
  for (const [from, to] of [
    [owner, guest],
    [guest, owner],
  ] as const) {
    await from.client.must('icecandidate', { ...from.to(to), candidate: { candidate: text } });
    await to.client.notice('icecandidate', ({ candidate }) => candidate.candidate === text);
  }
}

const disconnected = ({ client }: Seat) => expect.poll(() => client.socket.connected, { timeout: 10_000 }).toBe(false);

/** Both come back as often as they are asked to, and then each hears the other. */
async function expectConnectedAgain(
  cluster: ReachableCluster,
  { owner, guest, nodes }: Room & { nodes: [Address, Address] },
): Promise<void> {
  const seats: [Seat, Seat] = [owner, guest];
  const hearEachOther = async () => {
    for (const [at, node] of nodes.entries()) {
      const seat = seats[at];
      if (seat && !seat.client.socket.connected) seats[at] = await reconnect(cluster, node, seat);
    }
    const text = 'again';
    const [one, other] = seats;
    one.client.send('icecandidate', { ...one.to(other), candidate: { candidate: text } });
    other.client.send('icecandidate', { ...other.to(one), candidate: { candidate: text } });
    return seats.every(({ client }) => JSON.stringify(client.everything).includes(text));
  };
  await expect.poll(hearEachOther, { timeout: 10_000, interval: 200 }).toBe(true);
}

describe.skipIf(skipsRedis())('Over a Redis Cluster', () => {
  it.each([
    ['for a moment', async () => {}],
    [
      'until the others took it for lost',
      ({ masters }: RedisCluster) => masters[1]?.logged(/Cluster state changed: fail/),
    ],
  ])('calls over different nodes go on, and all of it comes back after a master was away %s', async (_, wait) => {
    const redis = await startRedisCluster();
    const env = { LOG_LEVEL: 'trace', COMMANDS_PER_SECOND: '1000' };
    const cluster = await startCluster({ nodes: 3, redis, env });
    const rooms = await Promise.all(Array.from({ length: WORKSPACES }, (_, index) => settle(cluster, index)));
    for (const { cli } of redis.masters) expect(Number(await cli('dbsize'))).toBeGreaterThan(0);
    await Promise.all(rooms.map((room) => expectConnected(room, 'before')));

    await redis.masters[0]?.kill();
    await wait(redis);
    await redis.masters[0]?.start();
    await Promise.all(rooms.map(({ owner, guest }) => Promise.all([owner, guest].map(disconnected))));
    await Promise.all(rooms.map((room) => expectConnectedAgain(cluster, room)));
    await becomesReady(...cluster.nodes);
    await settle(cluster, 0).then((room) => expectConnected(room, 'anew'));
    for (const { living, output } of cluster.nodes) {
      expect(living).toBe(true);
      expectNoSecrets(output.stdout);
    }
  });

  it('a node whose connection with one master was cut asks its clients back', async () => {
    const redis = await startRedisCluster();
    const cluster = await startCluster({ nodes: 2, redis, env: { LOG_LEVEL: 'trace' } });
    const { owner, guest, nodes } = await settle(cluster, 0);
    for (const { cli } of redis.masters) {
      const seats = await cli('pubsub', 'shardchannels', `*${owner.id}*`);
      if (seats === '') continue;
      const left = guest.client.ask('leave', guest.proof);
      await cli('client', 'kill', 'type', 'pubsub');
      await left;
    }
    const back = await reconnect(cluster, nodes[0], owner);
    const { attendees } = await back.client.must('attendees', back.proof);
    expect(Object.keys(attendees)).toEqual([owner.id]);
  });
});
