import { performance } from 'node:perf_hooks';
import { describe, expect, it, vi } from 'vitest';
import type { NoticePayload } from '../../src/protocol/types.ts';
import { connectCall, offer, type Seat } from '../support/fixtures.ts';
import { type Cluster, type Node, startCluster } from './cluster.ts';
import { backAt, guestAt, ownerAt, threeOf } from './seats-on-nodes.ts';

/** Seconds, and how much later a node may notice, ms: it looks after each fifth of a lease. */
const LEASE = 2;
const GRACE = 3;
const RINGING = 4;
const SLACK_MS = 1500;
const settings = {
  NODE_LEASE_SECONDS: String(LEASE),
  SEAT_GRACE_SECONDS: String(GRACE),
  RING_TIMEOUT_SECONDS: String(RINGING),
  MAX_CAPACITY_OF_WORKSPACE: '3',
  COMMANDS_PER_SECOND: '100000',
};

async function killed(node: Node): Promise<number> {
  node.kill('SIGKILL');
  await node.ended;
  return performance.now();
}

/** The notices of a name that are about somebody. */
function about(seat: Seat, { client }: Seat, notice: 'presence' | 'leave'): unknown[] {
  const idOf = (payload: unknown) =>
    notice === 'leave' ? (payload as NoticePayload<'leave'>).id : (payload as NoticePayload<'presence'>).attendee.id;
  return client.everything.filter((each) => each.notice === notice && idOf(each.payload) === seat.id);
}

/** Toggles without end, until the connection is gone: so that the node is killed in the midst of it. */
async function toggles({ client, proof }: Seat): Promise<void> {
  for (let state = true; client.socket.connected; state = !state) {
    client.send('mic-toggle', { ...proof, state });
    client.send('cam-toggle', { ...proof, state });
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The state of somebody's microphone as somebody else knows it, from notices and from coming back. */
function microphoneOf(seat: Seat, { client }: Seat): boolean | undefined {
  const told = client.everything.flatMap(({ notice, payload }) => {
    if (notice === 'mic-toggle') {
      const { attendee, state } = payload as NoticePayload<'mic-toggle'>;
      return attendee.id === seat.id ? [state] : [];
    }
    if (notice === 'attend') return (payload as NoticePayload<'attend'>).id === seat.id ? [true] : [];
    if (notice !== '(re-attend)' && notice !== '(attend)') return [];
    const { attendees } = payload as NoticePayload<'re-attendance-granted'>;
    return attendees?.[seat.id] ? [attendees[seat.id]?.mic] : [];
  });
  return told.at(-1);
}

/** Attends as soon as there is a seat, and waits until nobody else is seated. */
async function endsAlone(cluster: Cluster, node: Node, token: string): Promise<void> {
  const client = await cluster.connectTo(node);
  const patience = { timeout: (LEASE + GRACE) * 1000 + SLACK_MS, interval: 100 };
  const granted = await vi.waitFor(() => client.must('attend', { workspace: { token }, attendee: {} }), patience);
  const { workspace, attendee, accessToken } = granted;
  const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
  await vi.waitFor(async () => {
    const { attendees } = await client.must('attendees', proof);
    expect(Object.keys(attendees)).toEqual([attendee.id]);
  }, patience);
}

describe('when a node is killed', () => {
  it('its seats are lost when its lease has run out, and free when the grace time has', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two, three] = threeOf(cluster);
    const rooms = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const owner = await ownerAt(cluster, n % 2 === 0 ? two : three);
        return { owner, bob: await guestAt(cluster, one, owner), eve: await guestAt(cluster, two, owner) };
      }),
    );
    const since = await killed(one);
    await Promise.all(
      rooms.map(async ({ owner, bob, eve }) => {
        for (const { client } of [owner, eve]) {
          await client.notice('presence', ({ attendee, connected }) => attendee.id === bob.id && !connected);
        }
        expect(performance.now() - since).toBeLessThan(LEASE * 1000 + SLACK_MS);
        expect([...about(bob, owner, 'leave'), ...about(bob, eve, 'leave')]).toEqual([]);
        for (const { client } of [owner, eve]) await client.notice('leave', ({ id }) => id === bob.id);
        expect(performance.now() - since).toBeGreaterThan(GRACE * 1000);
        expect(performance.now() - since).toBeLessThan((LEASE + GRACE) * 1000 + SLACK_MS);
      }),
    );
  });

  it('in the midst of changes, nobody is left with what they knew before', async () => {
    const cluster = await startCluster({ env: { ...settings, SEAT_GRACE_SECONDS: '60' } });
    const [one, two, three] = threeOf(cluster);
    const rooms = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const owner = await ownerAt(cluster, n % 2 === 0 ? two : three);
        const bob = await guestAt(cluster, one, owner);
        return { bob, witnesses: [owner, await guestAt(cluster, two, owner)] };
      }),
    );
    const busy = rooms.map(({ bob }) => toggles(bob));
    await killed(one);
    await Promise.all(busy);
    const patience = { timeout: LEASE * 1000 + SLACK_MS, interval: 100 };
    const learns = async (witness: Seat, bob: Seat) => {
      let now = witness;
      await vi.waitFor(async () => {
        if (!now.client.socket.connected) now = (await backAt(cluster, three, witness)).back;
        const asked = now.client.notice('(disconnected)').then(() => expect.fail('It was asked to come back.'));
        const { attendees } = await Promise.race([now.client.must('attendees', now.proof), asked]);
        expect(attendees[bob.id]).toMatchObject({ connected: false });
        expect(microphoneOf(bob, now)).toBe(attendees[bob.id]?.mic);
      }, patience);
    };
    await Promise.all(rooms.flatMap(({ bob, witnesses }) => witnesses.map((each) => learns(each, bob))));
  });

  it('a client that comes back to another one before that keeps seat and call, and nobody hears of it', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, three);
    const bob = await guestAt(cluster, one, owner, 'page of bob');
    const eve = await guestAt(cluster, two, owner);
    for (const guest of [bob, eve]) await connectCall(owner, guest);
    await killed(one);
    const { back, reply } = await backAt(cluster, two, bob, 'page of bob');
    expect(reply.workspace.call?.participants).toEqual([owner.id, bob.id, eve.id]);
    // A while later everybody knows that the node is gone.
    for (const { output } of [two, three]) {
      await vi.waitFor(() => expect(output.stdout).toMatch(/Nodes are gone/), { timeout: LEASE * 1000 + SLACK_MS });
    }
    for (const seat of [owner, eve, back]) await seat.client.settled();
    for (const seat of [owner, eve]) {
      expect([...about(bob, seat, 'presence'), ...about(bob, seat, 'leave')]).toEqual([]);
    }
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(attendees[bob.id]).toMatchObject({ connected: true, onCall: true });
  });

  it('its owner comes back to another one, and rings and hangs up', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner);
    const eve = await guestAt(cluster, three, owner);
    const call = await connectCall(owner, bob);
    await killed(one);
    const { back, reply } = await backAt(cluster, three, owner);
    expect(reply.workspace.call?.participants).toEqual([owner.id, bob.id]);
    await connectCall(back, eve, call);
    await back.client.must('hangup', { ...back.proof, call });
    for (const { client } of [bob, eve]) await client.notice('hangup');
  });

  it.each([
    { who: 'caller', dead: 0 },
    { who: 'callee', dead: 1 },
  ])('a ring whose $who was there ends in time, unanswered', async ({ dead }) => {
    const cluster = await startCluster({ env: { ...settings, SEAT_GRACE_SECONDS: '60' } });
    const [one, two] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner);
    // The ring begins between these two.
    const asked = performance.now();
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call: { id: 'call-1' } });
    const rung = performance.now();
    await bob.client.notice('ring');
    await killed(dead === 0 ? one : two);
    const { client } = dead === 0 ? bob : owner;
    expect(await client.notice('unanswered')).toMatchObject({ callee: { id: bob.id } });
    expect(performance.now() - asked).toBeGreaterThan(RINGING * 1000 - 100);
    expect(performance.now() - rung).toBeLessThan(RINGING * 1000 + SLACK_MS);
  });

  it('a workspace whose every seat was there has no ghosts later', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    for (let n = 0; n < 2; n += 1) await guestAt(cluster, one, owner);
    const since = await killed(one);
    const full = await cluster.connectTo(two);
    expect(await full.refused('attend', { workspace: { token: owner.token }, attendee: {} })).toMatchObject({
      code: 'FULL',
    });
    await endsAlone(cluster, two, owner.token);
    expect(performance.now() - since).toBeGreaterThan(GRACE * 1000);
    expect(performance.now() - since).toBeLessThan((LEASE + GRACE) * 1000 + SLACK_MS);
  });

  it('and all others too, one that is started again has everybody back, and no ghosts', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, one);
    const bob = await guestAt(cluster, two, owner, 'page of bob');
    const eve = await guestAt(cluster, three, owner);
    const call = await connectCall(owner, bob);
    const ghosts = await ownerAt(cluster, two);
    for (let n = 0; n < 2; n += 1) await guestAt(cluster, three, ghosts);
    await Promise.all([one, two, three].map(killed));
    await one.restart();
    const { back } = await backAt(cluster, one, owner);
    const { reply } = await backAt(cluster, one, bob, 'page of bob');
    expect(reply.workspace.call?.participants).toEqual([owner.id, bob.id]);
    await back.client.notice('presence', ({ attendee, connected }) => attendee.id === eve.id && !connected);
    await back.client.notice('leave', ({ id }) => id === eve.id);
    const { attendees } = await back.client.must('attendees', back.proof);
    expect(Object.keys(attendees)).toEqual([owner.id, bob.id]);
    await back.client.must('hangup', { ...back.proof, call });
    await endsAlone(cluster, one, ghosts.token);
  });
});
