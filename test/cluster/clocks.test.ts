import { describe, expect, it, vi } from 'vitest';
import { candidate, offer } from '../support/fixtures.ts';
import { startCluster } from './cluster.ts';
import { backAt, guestAt, ownerAt } from './seats-on-nodes.ts';

/** How wrong the clocks of the nodes are, hours. */
const WRONG = [-2, 3];

/** Has a program of Node believe that it is so many hours later, and at SIGUSR2 twice as many. */
function clockSetBy(hours: number): Record<string, string> {
  const module = `
    const { now } = Date;
    let hours = ${hours};
    Date.now = () => now() + hours * 3_600_000;
    process.on('SIGUSR2', () => {
      hours *= 2;
      process.stdout.write('The clock was set.\\n');
    });
  `;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(module)}` };
}

describe('nodes whose clocks are wrong, each in another way', () => {
  it('are one server all the same: grace times and rings last as long as they should', async () => {
    const cluster = await startCluster({
      nodes: WRONG.length,
      env: { SEAT_GRACE_SECONDS: '2', RING_TIMEOUT_SECONDS: '2' },
      envOf: (at) => clockSetBy(WRONG[at] ?? 0),
    });
    const [late, early] = cluster.nodes;
    if (!late || !early) throw new Error('There are two.');
    const owner = await ownerAt(cluster, late);
    const bob = await guestAt(cluster, early, owner);
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await bob.client.notice('icecandidate');
    await owner.client.must('ring', { ...owner.proof, callee: { id: bob.id }, offer, call: { id: 'call-1' } });
    await bob.client.notice('ring');
    for (const { client } of [owner, bob]) await client.notice('unanswered');

    bob.client.close();
    await owner.client.notice('presence', ({ connected }) => !connected);
    const { back } = await backAt(cluster, early, bob);
    await owner.client.notice('presence', ({ connected }) => connected);
    expect(owner.client.heard).not.toContain('leave');
    back.client.close();
    await owner.client.notice('leave', ({ id }) => id === bob.id);
  });

  it('notice nothing when their clocks are set while people are connected', async () => {
    // Nodes read the clock of Redis with each renewal of a lease, and so not before this is over.
    const env = { NODE_LEASE_SECONDS: '300', COMMANDS_PER_SECOND: '100' };
    const cluster = await startCluster({ nodes: WRONG.length, env, envOf: (at) => clockSetBy(WRONG[at] ?? 0) });
    const [late, early] = cluster.nodes;
    if (!late || !early) throw new Error('There are two.');
    const owner = await ownerAt(cluster, late);
    const bob = await guestAt(cluster, early, owner);
    for (const { pid, output } of [late, early]) {
      process.kill(pid, 'SIGUSR2');
      await vi.waitFor(() => expect(output.stdout).toContain('The clock was set.'));
    }
    for (const [seat, other] of [
      [owner, bob],
      [bob, owner],
    ] as const) {
      await seat.client.must('icecandidate', { ...seat.to(other), candidate });
      await other.client.notice('icecandidate');
      await seat.client.must('mic-toggle', { ...seat.proof, state: false });
    }
  });
});
