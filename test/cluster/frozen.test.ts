import { describe, expect, it, vi } from 'vitest';
import { type Client, candidate, connectCall, generations, type Seat } from '../support/fixtures.ts';
import { type Cluster, type Node, startCluster } from './cluster.ts';
import { backAt, guestAt, ownerAt, threeOf } from './seats-on-nodes.ts';

/** Seconds. */
const LEASE = 2;
const GRACE = 2;
const settings = {
  NODE_LEASE_SECONDS: String(LEASE),
  SEAT_GRACE_SECONDS: String(GRACE),
  MAX_CAPACITY_OF_WORKSPACE: '5',
  COMMANDS_PER_SECOND: '100000',
};
const [, , socketIo2] = generations;

/** Freezes a node until everybody takes its seat for lost, or for free. */
async function frozenUntil(node: Node, [seen, notice]: [Client, 'presence' | 'leave']): Promise<void> {
  node.kill('SIGSTOP');
  if (notice === 'leave') await seen.notice('leave');
  else await seen.notice('presence', ({ connected }) => !connected);
}

/**
 * Keeps a node busy with a workspace: each command of somebody settles it. A node that woke may be late to tell the others
 * what it stored. These take that for lost then and ask people to come back, so the busy ones do.
 * @returns ends it. It resolves with the seat, and with everything that was heard in it meanwhile.
 */
function busyWith(
  cluster: Cluster,
  node: Node,
  seat: Seat,
): () => Promise<{ seat: Seat; heard: Client['everything'] }> {
  let isOver = false;
  const clients = [seat.client];
  const { length } = seat.client.everything;
  const going = (async () => {
    let now = seat;
    for (let state = true; !isOver; state = !state) {
      if (!now.client.socket.connected) {
        now = (await backAt(cluster, node, now)).back;
        clients.push(now.client);
      }
      await now.client.must('mic-toggle', { ...now.proof, state }).catch((error: unknown) => {
        if (now.client.socket.connected) throw error;
      });
    }
    return { seat: now, heard: clients.flatMap(({ everything }) => everything).slice(length) };
  })();
  return () => {
    isOver = true;
    return going;
  };
}

async function seatedAs(owner: Seat): Promise<Record<string, { connected: boolean }>> {
  return (await owner.client.must('attendees', owner.proof)).attendees;
}

/** All connections of a node that there were are closed, and come back. */
async function backFrom(cluster: Cluster, node: Node, seat: Seat): Promise<Seat> {
  await seat.client.notice('(disconnected)');
  return (await backAt(cluster, node, seat)).back;
}

/** The machine may be busy with waking it. */
const PATIENCE = { timeout: 5000 };

describe('a node that was frozen for longer than its lease', () => {
  it('has its seats lost for the others meanwhile, and its clients back when it wakes, nobody twice', async () => {
    const cluster = await startCluster({ env: { ...settings, SEAT_GRACE_SECONDS: '60' } });
    const [one, two] = threeOf(cluster);
    const owner = await ownerAt(cluster, two);
    const bob = await guestAt(cluster, one, owner);
    const call = await connectCall(owner, bob);
    await frozenUntil(one, [owner.client, 'presence']);
    expect(await seatedAs(owner)).toMatchObject({ [bob.id]: { connected: false } });
    one.kill('SIGCONT');
    const back = await backFrom(cluster, one, bob);
    await owner.client.notice('presence', ({ connected }) => connected);
    expect(Object.keys(await seatedAs(owner))).toEqual([owner.id, bob.id]);
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await back.client.notice('icecandidate');
    await owner.client.must('hangup', { ...owner.proof, call });
    await back.client.notice('hangup');
  });

  it('has no holder of a seat that was taken at another node meanwhile', async () => {
    const cluster = await startCluster({ env: { ...settings, SEAT_GRACE_SECONDS: '60' } });
    const [one, two] = threeOf(cluster);
    const owner = await ownerAt(cluster, two);
    for (const generation of [undefined, socketIo2]) {
      const client = await cluster.connectTo(one, generation ? { generation } : {});
      const bob = await guestAt(cluster, one, owner, 'page', client);
      await frozenUntil(one, [owner.client, 'presence']);
      const { back } = await backAt(cluster, two, bob, 'page');
      one.kill('SIGCONT');
      // It hears nothing that is for the seat, and nothing that it sends counts.
      const gone = bob.client.notice('(disconnected)').then(() => null);
      await vi.waitFor(async () => {
        if (!bob.client.socket.connected) return;
        const reply = bob.client.ask('icecandidate', { ...bob.to(owner), candidate });
        expect((await Promise.race([reply, gone]))?.ok ?? false).toBe(false);
      }, PATIENCE);
      await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
      await back.client.notice('icecandidate');
      expect(bob.client.heard).not.toContain('icecandidate');
      expect(await seatedAs(owner)).toMatchObject({ [bob.id]: { connected: true } });
      await back.client.must('leave', bob.proof);
    }
  });

  it('seats newcomers at once when it wakes, whatever the others believe of it', async () => {
    const cluster = await startCluster({ env: settings });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, two);
    const eve = await guestAt(cluster, three, owner);
    const bob = await guestAt(cluster, one, owner);
    await frozenUntil(one, [owner.client, 'leave']);
    expect(Object.keys(await seatedAs(owner))).toEqual([owner.id, eve.id]);
    const stops = [busyWith(cluster, two, owner), busyWith(cluster, three, eve)];
    one.kill('SIGCONT');
    // A client that comes while it wakes may have to try again, and to come back once.
    let newcomer = await vi.waitFor(() => guestAt(cluster, one, owner), PATIENCE);
    const comesBack = async () => {
      if (newcomer.client.socket.connected) return;
      newcomer = (await vi.waitFor(() => backAt(cluster, one, newcomer), PATIENCE)).back;
    };
    for (let n = 0; n < 20; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await comesBack();
    }
    const busy = await Promise.all(stops.map((stop) => stop()));
    expect(newcomer.client.heard).not.toContain('superseded');
    // An attempt whose answer came too late is taken back, and the others hear of that, too.
    for (const { heard } of busy) {
      const gone = heard.filter(({ notice }) => notice === 'leave').map(({ payload }) => payload);
      for (const { id } of [owner, eve, newcomer]) expect(gone).not.toContainEqual(expect.objectContaining({ id }));
    }
    const [back] = busy.map(({ seat }) => seat);
    if (!back) throw new Error('nobody was busy');
    await vi.waitFor(async () => {
      await comesBack();
      expect(await seatedAs(back)).toMatchObject({ [newcomer.id]: { connected: true } });
    }, PATIENCE);
    await back.client.must('icecandidate', { ...back.to(newcomer), candidate });
    await newcomer.client.notice('icecandidate');
    expect(bob.client.heard).not.toContain('icecandidate');
  });
});

describe('a node that was frozen for less than its lease', () => {
  it('has the others leave that time out of grace times, because nobody was able to come back there', async () => {
    const cluster = await startCluster({ env: { ...settings, NODE_LEASE_SECONDS: '10' } });
    const [one, two, three] = threeOf(cluster);
    const owner = await ownerAt(cluster, two);
    const bob = await guestAt(cluster, three, owner);
    const begun = performance.now();
    bob.client.close();
    await owner.client.notice('presence');
    one.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    one.kill('SIGCONT');
    await owner.client.notice('leave');
    expect(performance.now() - begun).toBeGreaterThan(GRACE * 1000 + 1000);
  });
});
