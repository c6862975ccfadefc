import { describe, expect, it } from 'vitest';
import { admit, knock, listOf, seatOf, tryToAttend, type Waiting } from '../protocol/waiting.ts';
import { createWorkspace, type Owner } from '../support/fixtures.ts';
import { type Address, type Node, type ReachableCluster, startCluster } from './cluster.ts';
import { startProxiedCluster } from './proxied-cluster.ts';
import { RECOVERY_MS } from './redis-outage.ts';
import { threeOf } from './seats-on-nodes.ts';

const settings = {
  NODE_LEASE_SECONDS: '2',
  SEAT_GRACE_SECONDS: '4',
  COMMANDS_PER_SECOND: '100000',
  MAX_CAPACITY_OF_WORKSPACE: '30',
};

async function ownerAt(cluster: ReachableCluster, node: Address): Promise<Owner> {
  return createWorkspace(cluster, { client: await cluster.connectTo(node), admission: 'ask' });
}

async function knockAt(cluster: ReachableCluster, node: Address, owner: Owner, session: string): Promise<Waiting> {
  return knock(cluster, owner, { client: await cluster.connectTo(node), session });
}

async function killed(node: Node): Promise<void> {
  node.kill('SIGKILL');
  await node.ended;
}

/** Attends again at a node as the client library does: until the node is ready. */
async function attendsAgain(cluster: ReachableCluster, node: Address, owner: Owner, session: string) {
  const client = await cluster.connectTo(node);
  let answer: object = {};
  const ask = async () => {
    ({ answer } = await tryToAttend(cluster, owner, { client, session }));
    return JSON.stringify(answer).includes('BUSY_TRY_AGAIN');
  };
  await expect.poll(ask, { timeout: RECOVERY_MS }).toBe(false);
  return { client, answer };
}

describe('When a node is killed', () => {
  it('people who waited there find their places at another one, and the places of the others end with the grace time', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, three);
    const bob = await knockAt(cluster, one, owner, 'page of bob');
    const eve = await knockAt(cluster, one, owner, 'page of eve');
    const zoe = await knockAt(cluster, two, owner, 'page of zoe');
    await killed(one);
    const back = await knockAt(cluster, two, owner, 'page of eve');
    expect(back).toMatchObject({ id: eve.id, place: 2 });
    expect(await listOf(owner)).toEqual([bob.id, eve.id, zoe.id]);
    expect(await owner.client.notice('knock-ended')).toEqual({ waiting: { id: bob.id } });
    expect(await back.client.notice('waiting')).toMatchObject({ id: eve.id, place: 1 });
    expect(await zoe.client.notice('waiting')).toMatchObject({ id: zoe.id, place: 2 });
    await admit(owner, eve);
    await seatOf(back);
    expect(await listOf(owner)).toEqual([zoe.id]);
  });

  it('somebody who was admitted at that moment takes the seat at another one', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, three);
    const bob = await knockAt(cluster, one, owner, 'page of bob');
    // The node stands still, so it cannot answer any more.
    one.kill('SIGSTOP');
    await admit(owner, bob);
    await killed(one);
    expect(bob.client.heard).not.toContain('attendance-granted');
    const { answer } = await attendsAgain(cluster, two, owner, 'page of bob');
    expect(answer).toMatchObject({ ok: true, attendee: { id: bob.id } });
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(Object.keys(attendees)).toEqual([owner.id, bob.id]);
    expect(await listOf(owner)).toEqual([]);
  });

  it('the knocks are there when its owner has come back to another one', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await knockAt(cluster, two, owner, 'page of bob');
    await killed(one);
    const back: Owner = { ...owner, client: await cluster.connectTo(three) };
    expect(await listOf(back)).toEqual([bob.id]);
    const eve = await knockAt(cluster, two, owner, 'page of eve');
    expect((await back.client.notice('knock')).waiting.id).toBe(eve.id);
    await admit(back, bob);
    await seatOf(bob);
  });
});

it('A person who is admitted gets the seat, at whichever node, in whatever crowd', async () => {
  const cluster = await startCluster({ env: settings });
  const nodes = threeOf(cluster);
  const rooms = await Promise.all(
    Array.from({ length: 6 }, async (_, n) => ownerAt(cluster, nodes[n % nodes.length] ?? nodes[0])),
  );
  const knocking = rooms.flatMap((owner, n) =>
    Array.from({ length: 12 }, async (_, at) => {
      const node = nodes[(n + at) % nodes.length] ?? nodes[0];
      const waiting = await knockAt(cluster, node, owner, `page ${n} ${at}`);
      // Some are admitted while others still knock, and with each of them the places of others change.
      await admit(owner, waiting);
      const seat = await seatOf(waiting);
      expect(seat.id).toBe(waiting.id);
      // Nothing is missed between the seat and its answer.
      await owner.client.must('icecandidate', { ...owner.to(seat), candidate: { candidate: 'first' } });
      await seat.client.notice('icecandidate');
    }),
  );
  await Promise.all(knocking);
  for (const owner of rooms) expect(await listOf(owner)).toEqual([]);
});

describe('After a gap', () => {
  it.each([
    { what: 'admitted', granted: true },
    { what: 'turned away', granted: false },
  ])('in which somebody was $what whose node heard nothing, the person learns it', async ({ granted }) => {
    const cluster = await startProxiedCluster({ env: { NODE_LEASE_SECONDS: '30', SEAT_GRACE_SECONDS: '20' } });
    const { one, two, proxies } = cluster;
    const owner = await ownerAt(cluster, two);
    const bob = await knockAt(cluster, one, owner, 'page of bob');
    proxies[0]?.cut('RST');
    const named = { ...owner.proof, waiting: { id: bob.id } };
    if (granted) await owner.client.must('admit', named);
    else await owner.client.must('turn-away', named);
    proxies[0]?.resume();
    const learns = granted ? bob.client.notice('attendance-granted') : bob.client.notice('turned-away');
    const isAsked = bob.client.notice('(disconnected)').then(() => 'asked to come back' as const);
    // Either the message comes late, or the node asks its clients to come back, because it may have missed one.
    if ((await Promise.race([learns, isAsked])) !== 'asked to come back') return;
    const { answer } = await attendsAgain(cluster, one, owner, 'page of bob');
    const seated = { ok: true, attendee: { id: bob.id } };
    const waits = { ok: true, waiting: { place: 1 } };
    expect(answer).toMatchObject(granted ? seated : waits);
    learns.catch(() => {});
  });
});
