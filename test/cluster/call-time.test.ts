import { expect, it } from 'vitest';
import type { Workspace } from '../../src/server/domain/workspace.ts';
import { connectCall, type Owner } from '../support/fixtures.ts';
import { startCluster } from './cluster.ts';
import { guestAt, ownerAt } from './seats-on-nodes.ts';

const SECOND = 1000;
const LIMIT_MS = 3 * SECOND;
const call = { id: 'call-1' };

it('The limit of a call is kept although the node of all its participants is killed, and nobody takes it for dead yet', async () => {
  const cluster = await startCluster({
    nodes: 2,
    env: {
      MAX_CALL_MINUTES: String(LIMIT_MS / 60_000),
      CALL_WARNING_SECONDS: '',
      // Nothing but the end of the call may have the other node look.
      NODE_LEASE_SECONDS: '60',
    },
  });
  const [one, two] = cluster.nodes;
  if (!one || !two) throw new Error('There are two.');
  const stored = async ({ workspaceId }: Owner): Promise<Workspace> =>
    JSON.parse(await cluster.redis.cli('hget', `${cluster.prefix}:workspace:${workspaceId}`, 'doc'));

  const withoutOthers = await ownerAt(cluster, one);
  await connectCall(withoutOthers, await guestAt(cluster, one, withoutOthers), call);
  const withEve = await ownerAt(cluster, one);
  const bob = await guestAt(cluster, one, withEve);
  const eve = await guestAt(cluster, two, withEve);
  await connectCall(withEve, bob, call);
  const endsAt = (await stored(withEve)).call?.endsAt ?? 0;
  one.kill('SIGKILL');
  await one.ended;

  expect(await eve.client.notice('hangup')).toMatchObject({ attendee: { id: withEve.id }, reason: 'time-limit' });
  expect(Date.now()).toBeGreaterThanOrEqual(endsAt - 100);
  expect(Date.now()).toBeLessThan(endsAt + 3 * SECOND);
  for (const owner of [withEve, withoutOthers]) {
    await expect.poll(async () => (await stored(owner)).call, { timeout: 5 * SECOND }).toBeNull();
    expect((await stored(owner)).callUsedMs).toBe(LIMIT_MS);
  }
  // Calls that have ended leave nothing to look at.
  const waiting = () => cluster.redis.cli('zcard', `${cluster.prefix}:deadlines`);
  await expect.poll(async () => (await waiting()).trim(), { timeout: 5 * SECOND }).toBe('0');
});
