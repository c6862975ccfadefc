import { performance } from 'node:perf_hooks';
import { describe, expect, it, vi } from 'vitest';
import { ReconnectingClient } from '../faults/reconnecting-client.ts';
import { connectCall, generations, type Owner, offer, type Seat } from '../support/fixtures.ts';
import { type Node, startCluster } from './cluster.ts';
import { leaseEnds } from './leases.ts';
import { startTcpBalancer } from './load-balancers.ts';
import { backAt, guestAt, ownerAt, threeOf } from './seats-on-nodes.ts';

/** Seconds. A seat that is not taken again within the grace time would be told as `leave`. */
const settings = {
  NODE_LEASE_SECONDS: '2',
  SEAT_GRACE_SECONDS: '5',
  SHUTDOWN_SECONDS: '10',
  COMMANDS_PER_SECOND: '100000',
  MAX_CAPACITY_OF_WORKSPACE: '10',
};
const workspaces = 20;
const [webSocket] = generations;

/** How a node ended that was asked to, and after how many ms. */
async function stopped(node: Node): Promise<number> {
  const since = performance.now();
  node.kill('SIGTERM');
  expect(await node.ended).toEqual({ code: 0, signal: null });
  expect(node.output.stderr).toBe('');
  return performance.now() - since;
}

async function printed({ output }: Node, what: RegExp): Promise<void> {
  await vi.waitFor(() => expect(output.stdout).toMatch(what), { interval: 5 });
}

async function seatsOf(owner: Owner): Promise<Record<string, { connected: boolean; onCall: boolean }>> {
  return (await owner.client.must('attendees', owner.proof)).attendees;
}

async function everybodyIsThere(owner: Owner, people: readonly Pick<Seat, 'id'>[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const seats = await seatsOf(owner);
      expect(Object.keys(seats).sort()).toEqual(people.map(({ id }) => id).sort());
      for (const seat of Object.values(seats)) expect(seat.connected).toBe(true);
    },
    { timeout: 10_000, interval: 50 },
  );
}

describe('a node that is stopped', () => {
  it('ends in time, with everybody seated at the others, the calls going on, and nobody told that somebody left', async () => {
    // No lease runs out here. With a short one, a machine that stands still for two seconds makes a node ask its clients back.
    const cluster = await startCluster({ env: { ...settings, NODE_LEASE_SECONDS: '10' } });
    const [one, two, three] = threeOf(cluster);
    // Nodes are stopped one after the other, as when a new version is brought out.
    const balancer = await startTcpBalancer([one, two, three]);
    const rooms = await Promise.all(
      Array.from({ length: workspaces }, async () => {
        const owner = await ownerAt(cluster, three);
        const guests = [];
        for (let n = 0; n < 3; n += 1) guests.push(await guestAt(cluster, one, owner));
        const call = await connectCall(owner, guests[0] as Seat);
        for (const guest of guests.slice(1)) await connectCall(owner, guest, call);
        const reconnecting = guests.map((guest) => new ReconnectingClient(balancer, webSocket, guest));
        return { owner, call, guests, reconnecting };
      }),
    );
    for (const { owner, guests } of rooms) await everybodyIsThere(owner, [owner, ...guests]);
    for (const node of [one, two]) {
      const before = rooms.flatMap(({ reconnecting }) => reconnecting).reduce((sum, each) => sum + each.connections, 0);
      expect(await stopped(node)).toBeLessThan(8000);
      for (const { owner, guests } of rooms) await everybodyIsThere(owner, [owner, ...guests]);
      const after = rooms.flatMap(({ reconnecting }) => reconnecting).reduce((sum, each) => sum + each.connections, 0);
      expect(after).toBeGreaterThan(before);
      if (node === one) await node.restart();
    }
    for (const { owner, call, guests } of rooms) {
      for (const seat of Object.values(await seatsOf(owner))) expect(seat.onCall).toBe(true);
      const heard = owner.client.everything.map(({ notice }) => notice);
      for (const notice of ['leave', 'call-left', 'hangup']) expect(heard).not.toContain(notice);
      const { reply } = await backAt(cluster, three, guests[0] as Seat, `page of ${guests[0]?.id}`);
      expect(reply.workspace.call).toMatchObject({
        id: call.id,
        participants: [owner.id, ...guests.map(({ id }) => id)],
      });
    }
  });

  it('takes no new connection from then on, and closes those that it has', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two] = threeOf(cluster);
    const rooms = [];
    for (let n = 0; n < 220; n += 1) rooms.push(await ownerAt(cluster, one));
    const watcher = await ownerAt(cluster, two);
    const closings = rooms.map(({ client }) => client.notice('(disconnected)').then(() => performance.now()));
    one.kill('SIGTERM');
    await printed(one, /Stopping/);
    await expect(cluster.connectTo(one)).rejects.toThrow();
    expect(await one.ended).toEqual({ code: 0, signal: null });
    // Fifty at a time, and then a tenth of a second nobody: they do not all come to the others at once. A busy machine
    // hears late of the first of them.
    const times = await Promise.all(closings);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(150);
    await backAt(cluster, two, rooms[0] as Seat);
    await watcher.client.must('attendees', watcher.proof);
  });

  it('leaves a ring to those who can answer it', async () => {
    const cluster = await startCluster({ env: { ...settings, RING_TIMEOUT_SECONDS: '6' } });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner, 'page of bob');
    const eve = await guestAt(cluster, three, owner, 'page of eve');
    const call = { id: 'call-1' };
    for (const { id } of [bob, eve]) {
      await owner.client.must('ring', { ...owner.proof, callee: { id }, offer, call });
    }
    await bob.client.notice('ring');
    one.kill('SIGTERM');
    await owner.client.notice('(disconnected)');
    const { back } = await backAt(cluster, two, owner);
    await bob.client.must('answer', {
      ...bob.proof,
      caller: { id: owner.id },
      answer: { type: 'answer', sdp: '' },
      call,
    });
    await back.client.notice('answer');
    // The other one does not answer: the node that had the deadline is gone, and it ends all the same.
    for (const { client } of [back, eve]) {
      expect(await client.notice('unanswered')).toMatchObject({ callee: { id: eve.id } });
    }
    expect(await one.ended).toEqual({ code: 0, signal: null });
  });

  it('ends its lease, so that nobody waits until it runs out for a client that does not come back', async () => {
    const cluster = await startCluster({ env: { ...settings, NODE_LEASE_SECONDS: '30' } });
    const [one] = threeOf(cluster);
    expect(await leaseEnds(cluster)).toHaveLength(3);
    await stopped(one);
    expect(await leaseEnds(cluster)).toHaveLength(2);
  });

  it('takes nobody for lost who comes back to another one at once', async () => {
    const cluster = await startCluster({ env: { ...settings, NODE_LEASE_SECONDS: '30' } });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, two);
    const bob = await guestAt(cluster, one, owner);
    await stopped(one);
    expect(await seatsOf(owner)).toMatchObject({ [bob.id]: { connected: true } });
    await backAt(cluster, three, bob);
    await owner.client.settled();
    expect(owner.client.heard).not.toContain('presence');
  });
});
