import { describe, expect, it } from 'vitest';
import { codeOf } from '../protocol/every-command.ts';
import { skipsRedis } from '../server/redis/redis-server.ts';
import { candidate, connectCall, type Owner, type Seat } from '../support/fixtures.ts';
import type { Node } from './cluster.ts';
import { type ProxiedCluster, startProxiedProcesses } from './proxied-cluster.ts';
import { reconnect } from './reconnect.ts';
import { guestAt, ownerAt } from './seats-on-nodes.ts';

/** An owner at one node, two guests at the other one. */
async function apart() {
  const cluster = await startProxiedProcesses({ env: { SEAT_GRACE_SECONDS: '60' } });
  const owner = await ownerAt(cluster, cluster.one);
  const bob = await guestAt(cluster, cluster.two, owner);
  const eve = await guestAt(cluster, cluster.two, owner);
  await connectCall(owner, bob);
  return { cluster, owner, bob, eve };
}

/** The node stores this change of the owner, and dies before it tells anybody. */
async function diesBeforeAnnouncing(
  { proxies, redis, prefix, one }: ProxiedCluster<Node>,
  owner: Owner,
  change: () => void,
): Promise<void> {
  const key = `${prefix}:workspace:${owner.workspaceId}`;
  const revision = async () => Number(await redis.cli('hget', key, 'rev'));
  const next = (await revision()) + 1;
  const sent = proxies[0]?.stallAfter(`"rev":${next}`);
  change();
  await sent;
  await expect.poll(revision).toBe(next);
  one.kill('SIGKILL');
  await one.ended;
  proxies[0]?.resume();
}

describe.skipIf(skipsRedis())('What a node has stored that was killed before it told anybody', () => {
  it('is read by everybody once its lease has run out: somebody who was kicked is, too', async () => {
    const { cluster, owner, bob, eve } = await apart();
    const { one, two } = cluster;
    const stranger = await ownerAt(cluster, two);
    await diesBeforeAnnouncing(cluster, owner, () =>
      owner.client.send('kick', { ...owner.proof, kickedAttendee: { id: bob.id } }),
    );
    const back = await reconnect(cluster, two, eve);
    await bob.client.notice('(disconnected)');
    const again = await cluster.connectTo(two);
    expect(codeOf(await again.askRaw('re-attend', bob.proof))).toBe('NOT_SEATED');
    expect(codeOf(await again.askRaw('icecandidate', { ...bob.to(eve), candidate }))).toBe('NOT_SEATED');
    expect(await seatedAs(back)).toEqual([owner.id, eve.id].sort());
    expect(stranger.client.heard).not.toContain('(disconnected)');
    await one.restart();
  });

  it('is read once, although others have changed the workspace before that', async () => {
    const { cluster, owner, bob, eve } = await apart();
    const { one, two } = cluster;
    await diesBeforeAnnouncing(cluster, owner, () =>
      owner.client.send('hangup', { ...owner.proof, call: { id: 'call-1' } }),
    );
    await eve.client.must('mic-toggle', { ...eve.proof, state: false });
    const back = await reconnect(cluster, two, bob);
    const reply = await back.client.must('re-attend', { ...bob.proof, session: 'page' });
    expect(reply.workspace.call ?? null).toBeNull();
    await reconnect(cluster, two, eve);
    await one.restart();
    const returned = await reconnect(cluster, one, owner);
    await returned.client.settled();
    await back.client.settled();
    expect(back.client.heard).not.toContain('(disconnected)');
  });
});

async function seatedAs({ client, proof }: Seat): Promise<string[]> {
  const { attendees } = await client.must('attendees', proof);
  return Object.keys(attendees).sort();
}
