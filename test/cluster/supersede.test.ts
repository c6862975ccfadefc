import { describe, expect, it, vi } from 'vitest';
import { atSoak } from '../faults/soak.ts';
import { startRedis } from '../server/redis/redis-server.ts';
import { type Client, candidate, type Seat, unhurried } from '../support/fixtures.ts';
import { startLocalCluster } from './cluster.ts';
import { backAt, guestAt, ownerAt, threeOf } from './seats-on-nodes.ts';
import { sharedCluster } from './shared-cluster.ts';

/** Each is a race anew, and `npm run test:soak` has many more. */
const rounds = atSoak(15, 200);

/** No seat ends while a client comes back to it. */
const settings = { ...unhurried, SEAT_GRACE_SECONDS: '60' };

/** Somebody seated at the first node, in a workspace whose owner is at the third one. */
async function seatedApart() {
  const cluster = await sharedCluster(settings);
  const [one, two, three] = threeOf(cluster);
  const owner = await ownerAt(cluster, three);
  const bob = await guestAt(cluster, one, owner);
  return { cluster, one, two, three, owner, bob };
}

/** The one of some connections that keeps a seat, once all others were told that they do not. */
async function lastOf(clients: readonly Client[]): Promise<Client> {
  const left = () => clients.filter(({ heard }) => !heard.includes('(disconnected)'));
  await vi.waitFor(() => expect(left()).toHaveLength(1), { timeout: 5000, interval: 5 });
  await left()[0]?.settled();
  const [last] = left();
  if (!last) throw new Error('None of them is left.');
  for (const { heard } of clients.filter((client) => client !== last)) {
    expect(heard.slice(-2)).toEqual(['superseded', '(disconnected)']);
  }
  return last;
}

/** Checks that notices reach the holder of a seat, and that the others got no notice of its loss. */
async function expectHolder(owner: Seat, seat: Seat, client: Client): Promise<void> {
  const { attendees } = await owner.client.must('attendees', owner.proof);
  expect(attendees[seat.id]).toMatchObject({ connected: true });
  await owner.client.must('icecandidate', { ...owner.to(seat), candidate });
  await client.notice('icecandidate');
  expect(owner.client.heard).not.toContain('presence');
}

describe('a seat that two connections on different nodes claim', () => {
  it('is the newest one’s, and the former one is told and closed', async () => {
    const { cluster, two, owner, bob } = await seatedApart();
    const newer = await cluster.connectTo(two);
    await newer.must('re-attend', bob.proof);
    await bob.client.notice('superseded');
    await bob.client.notice('(disconnected)');
    await expectHolder(owner, bob, newer);
  });

  it('at the same time has exactly one in the end, and notices go to that one', async () => {
    const { cluster, one, two, owner, bob } = await seatedApart();
    let holder = bob.client;
    for (let round = 0; round < rounds; round += 1) {
      const claimants = await Promise.all([cluster.connectTo(one), cluster.connectTo(two)]);
      for (const client of claimants) client.send('re-attend', bob.proof);
      holder = await lastOf([holder, ...claimants]);
      await expectHolder(owner, bob, holder);
    }
  });

  it('one after the other, faster than the former ones are told, is the last one’s', async () => {
    const { cluster, one, two, three, owner, bob } = await seatedApart();
    let holder = bob.client;
    for (let round = 0; round < rounds; round += 1) {
      const claimants = await Promise.all([one, two, one, three, two].map((node) => cluster.connectTo(node)));
      for (const client of claimants) client.must('re-attend', bob.proof).catch(() => {});
      holder = await lastOf([holder, ...claimants]);
      await expectHolder(owner, bob, holder);
    }
  });

  it('stays with the newer one while the former one still sends', async () => {
    const { cluster, one, two, owner, bob } = await seatedApart();
    let holder = bob.client;
    for (let round = 0; round < rounds; round += 1) {
      const newer = await cluster.connectTo(round % 2 === 0 ? two : one);
      const former = holder;
      const isDone = newer.must('re-attend', bob.proof);
      for (let n = 0; n < 20; n += 1) former.send('mic-toggle', { ...bob.proof, state: n % 2 === 0 });
      await isDone;
      holder = await lastOf([former, newer]);
      expect(holder).toBe(newer);
      await expectHolder(owner, bob, newer);
    }
  });
});

describe('a seat that somebody claims at another node and vanishes', () => {
  it('is in the end held by the client that is still there, and no client holds it without knowing', async () => {
    const cluster = await sharedCluster(settings);
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, three);
    let bob = await guestAt(cluster, one, owner);
    for (let round = 0; round < rounds; round += 1) {
      const client = await cluster.connectTo(two);
      client.send('re-attend', bob.proof);
      // About when it is stored: a little before, or after.
      await new Promise((resolve) => setTimeout(resolve, round % 5));
      client.close();
      await (await cluster.connectTo(two)).settled();
      await vi.waitFor(
        async () => {
          if (!bob.client.socket.connected) bob = (await backAt(cluster, one, bob)).back;
          const { attendees } = await owner.client.must('attendees', owner.proof);
          expect(attendees[bob.id]).toMatchObject({ connected: true });
        },
        { timeout: 5000, interval: 20 },
      );
      owner.client.received.length = 0;
      await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
      await bob.client.notice('icecandidate');
    }
  });
});

describe('a claim whose connection is gone before it is stored', () => {
  it('takes the seat from nobody', async () => {
    const redis = await startRedis();
    const cluster = await startLocalCluster({ redis, env: { ...unhurried, NODE_LEASE_SECONDS: '60' } });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, three);
    const bob = await guestAt(cluster, one, owner);
    for (let round = 0; round < 3; round += 1) {
      const client = await cluster.connectTo(two);
      // As if a node had stored something and not told it yet: the claim waits for that.
      const workspace = `${cluster.prefix}:workspace:${owner.workspaceId}`;
      await redis.cli('hset', workspace, 'told', '0', 'swaps', 'somebody.1 ');
      client.send('re-attend', bob.proof);
      client.close();
      // It comes to the same node later, and queues up behind the claim.
      const later = await guestAt(cluster, two, owner);
      await later.client.must('leave', later.proof);
      await expectHolder(owner, bob, bob.client);
      expect(bob.client.heard).not.toContain('superseded');
    }
  });
});

describe('somebody who is kicked from another node', () => {
  it('hears it before anything else ends, and can hand nothing on any more', async () => {
    const cluster = await sharedCluster(settings);
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, three);
    for (let round = 0; round < 10; round += 1) {
      const bob = await guestAt(cluster, one, owner);
      const beside = await guestAt(cluster, one, owner);
      const apart = await guestAt(cluster, two, owner);
      let isOver = false;
      const floods = [beside, apart].map(async (target) => {
        for (let n = 1; ; n += 1) {
          const sentAfter = isOver;
          const reply = await bob.client.ask('icecandidate', { ...bob.to(target), candidate: { candidate: `${n}` } });
          if (!reply.ok) return reply.error.code;
          expect(sentAfter).toBe(false);
        }
      });
      const kicked = bob.client.notice('kicked').then(async () => {
        // The end of the seat comes right behind the notice, and may cross messages that are on their way.
        await bob.client.settled();
        isOver = true;
      });
      await beside.client.notice('icecandidate', ({ candidate: { candidate: n } }) => Number(n) > 5);
      await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: bob.id } });
      await kicked;
      expect(await Promise.all(floods)).toEqual(['NOT_SEATED', 'NOT_SEATED']);
      expect(bob.client.everything.map(({ notice }) => notice)).not.toContain('(disconnected)');
      expect(await bob.client.refused('attendees', bob.proof)).toMatchObject({ code: 'NOT_SEATED' });
      for (const seat of [beside, apart]) await seat.client.must('leave', seat.proof);
    }
  });
});
