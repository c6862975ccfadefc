import { describe, expect, it } from 'vitest';
import type { NoticePayload } from '../../src/protocol/types.ts';
import { startRedis } from '../server/redis/redis-server.ts';
import { candidate, connectCall, offer, type Seat, unhurried } from '../support/fixtures.ts';
import { startLocalCluster } from './cluster.ts';
import { guestAt, ownerAt, threeOf } from './seats-on-nodes.ts';
import { sharedCluster } from './shared-cluster.ts';

const settings = { ...unhurried, MAX_CAPACITY_OF_WORKSPACE: '20' };

/** Does something over and over, as soon as it was answered, until it is told to stop. */
function overAndOver(act: (n: number) => Promise<unknown>): () => Promise<number> {
  let isOver = false;
  const going = (async () => {
    let n = 0;
    for (; !isOver; n += 1) await act(n);
    return n;
  })();
  return () => {
    isOver = true;
    return going;
  };
}

const toggling = (seat: Seat) =>
  overAndOver((n) => seat.client.must('mic-toggle', { ...seat.proof, state: n % 2 === 0 }));

const relayed = (seat: Seat) =>
  seat.client.everything
    .filter(({ notice }) => notice === 'icecandidate')
    .map(({ payload }) => Number((payload as NoticePayload<'icecandidate'>).candidate.candidate));

describe('relays from one node to another', () => {
  it.each([
    { meanwhile: 'nothing else happens', others: 0 },
    { meanwhile: 'somebody on a third node changes the workspace', others: 2 },
  ])('come in their order, none lost and none twice, while $meanwhile', async ({ others }) => {
    const cluster = await sharedCluster(settings);
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner);
    const stops = [];
    for (let n = 0; n < others; n += 1) stops.push(toggling(await guestAt(cluster, three, owner)));
    const count = 1000;
    const sent = Array.from({ length: count }, (_, n) => n);
    await Promise.all(
      sent.map((n) =>
        owner.client.must('icecandidate', { ...owner.to(bob), candidate: { ...candidate, candidate: `${n}` } }),
      ),
    );
    for (const stop of stops) expect(await stop()).toBeGreaterThan(0);
    await bob.client.settled();
    expect(relayed(bob)).toEqual(sent);
  });
});

/** The states of microphones, as a client knows them from an answer and every notice since. */
function known(everything: Seat['client']['everything'], answered: string) {
  const at = everything.findIndex(({ notice }) => notice === answered);
  const before = everything.slice(0, at).map(({ notice }) => notice);
  const answer = everything[at]?.payload as NoticePayload<'re-attendance-granted'>;
  const mics = new Map(Object.values(answer.attendees).map(({ id, mic }) => [id, mic]));
  const toggles = new Map<string, boolean[]>();
  for (const { notice, payload } of everything.slice(at + 1)) {
    if (notice !== 'mic-toggle') continue;
    const { attendee, state } = payload as NoticePayload<'mic-toggle'>;
    toggles.set(attendee.id, [...(toggles.get(attendee.id) ?? []), state]);
  }
  return { before, mics, toggles };
}

describe('somebody who takes a seat while people on other nodes toggle and ring as fast as they can', () => {
  it.each(['attend', 're-attend'] as const)(
    'by `%s` gets the answer first, and no later notice is missing',
    async (by) => {
      const cluster = await sharedCluster(settings);
      const [one, two, three] = threeOf(cluster);
      const owner = await ownerAt(cluster, one);
      const noisy = [await guestAt(cluster, one, owner), await guestAt(cluster, three, owner)];
      const bob = by === 're-attend' ? await guestAt(cluster, three, owner) : null;
      const stops = noisy.map(toggling);
      for (let round = 0; round < 30; round += 1) {
        const client = await cluster.connectTo(round % 2 === 0 ? two : three);
        const ringing = overAndOver(() =>
          bob === null
            ? Promise.all(noisy.map(({ id }) => owner.client.ask('ring', ringOf(owner, id))))
            : owner.client.ask('ring', ringOf(owner, bob.id)),
        );
        const reply =
          bob === null
            ? await client.must('attend', { workspace: { token: owner.token }, attendee: {} })
            : await client.must('re-attend', bob.proof);
        await client.notice('mic-toggle', ({ attendee }) => attendee.id === noisy[0]?.id);
        await client.notice('mic-toggle', ({ attendee }) => attendee.id === noisy[1]?.id);
        await ringing();
        await client.settled();
        const { before, mics, toggles } = known(client.everything, `(${by})`);
        expect(before.filter((notice) => notice !== '(iceservers)')).toEqual([]);
        for (const { id } of noisy) expectAlternating(mics.get(id), toggles.get(id) ?? []);
        const proof = { ...owner.proof, attendee: { id: reply.attendee.id }, accessToken: reply.accessToken };
        if (bob === null) await client.must('leave', proof);
      }
      for (const stop of stops) expect(await stop()).toBeGreaterThan(30);
    },
  );
});

const ringOf = (owner: Seat, id: string) => ({ ...owner.proof, callee: { id }, offer, call: { id: 'call-1' } });

/**
 * Each toggle is the contrary of the one before, so that a notice that is missing or comes twice shows. What was on its way
 * when the answer was made comes after it although it is in it already: then the first one says what the answer says.
 */
function expectAlternating(answered: boolean | undefined, states: readonly boolean[]): void {
  expect(answered).toBeTypeOf('boolean');
  expect(states.length).toBeGreaterThan(0);
  expect(states.filter((state, n) => n > 0 && state === states[n - 1])).toEqual([]);
}

describe('what is sent to somebody whose seat is being taken again, at another node or the sender’s', () => {
  it('waits for the client that takes it', async () => {
    const redis = await startRedis();
    const cluster = await startLocalCluster({ redis, env: { ...settings, NODE_LEASE_SECONDS: '60' } });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner);
    const relay = () => owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    const listening = () => redis.cli('pubsub', 'shardchannels', `*${bob.id}*`);
    for (const node of [three, two, three, one]) {
      // Where they are is known from then on.
      await relay();
      bob.client.close();
      await owner.client.notice('presence', ({ connected }) => !connected);
      await expect.poll(listening, { interval: 5 }).toBe('');
      const client = await cluster.connectTo(node);
      // As if a node had stored something and not told it yet: the change waits for that.
      const workspace = `${cluster.prefix}:workspace:${owner.workspaceId}`;
      await redis.cli('hset', workspace, 'told', '0', 'swaps', 'somebody.1 ');
      const isTaken = client.must('re-attend', bob.proof);
      await expect.poll(listening, { interval: 1 }).not.toBe('');
      await relay();
      await isTaken;
      await client.notice('icecandidate');
      expect(client.everything.map(({ notice }) => notice)).toEqual(['(re-attend)', 'iceservers', 'icecandidate']);
      bob.client = client;
    }
  });
});

describe('the revisions that somebody hears of', () => {
  it('from two other nodes grow, so that nothing is taken for stale', async () => {
    const cluster = await sharedCluster(settings);
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner);
    const eve = await guestAt(cluster, three, owner);
    const listener = await guestAt(cluster, one, owner);
    for (const guest of [bob, eve, listener]) await connectCall(owner, guest);
    const call = { id: 'call-1' };
    const flapping = [bob, eve].map((seat) =>
      overAndOver(async () => {
        await seat.client.ask('leave-call', { ...seat.proof, call });
        await owner.client.must('ring', ringOf(owner, seat.id));
        await seat.client.ask('answer', {
          ...seat.proof,
          caller: { id: owner.id },
          answer: { type: 'answer', sdp: '' },
          call,
        });
      }),
    );
    for (let n = 0; n < 300; n += 1) await listener.client.notice('call-joined');
    for (const stop of flapping) await stop();
    await listener.client.settled();
    const { everything } = listener.client;
    const revs = everything
      .filter(({ notice }) => notice === 'call-joined' || notice === 'call-left')
      .map(({ payload }) => (payload as { rev: number }).rev);
    const stale = revs.filter((rev, n) => rev < Math.max(...revs.slice(0, n)));
    expect(stale).toEqual([]);
  });
});
