import { expect, it } from 'vitest';
import { answer, offer } from '../support/fixtures.ts';
import { startCluster } from './cluster.ts';
import { guestAt, ownerAt, threeOf } from './seats-on-nodes.ts';

const call = { id: 'call-1' };

it('Somebody whose node is killed is rung on coming back to another node, although the node that took the ring is killed too', async () => {
  const cluster = await startCluster({ env: { NODE_LEASE_SECONDS: '2', SEAT_GRACE_SECONDS: '60' } });
  const [one, two, three] = threeOf(cluster);
  const owner = await ownerAt(cluster, two);
  const bob = await guestAt(cluster, one, owner, 'page of bob');
  const eve = await guestAt(cluster, three, owner, 'page of eve');
  one.kill('SIGKILL');
  await one.ended;
  // Nobody knows yet that the node of the one is dead; the other one is here.
  for (const { id } of [bob, eve]) await owner.client.must('ring', { ...owner.proof, callee: { id }, offer, call });
  await eve.client.notice('ring');
  two.kill('SIGKILL');
  await two.ended;

  const client = await cluster.connectTo(three);
  client.send('re-attend', { ...bob.proof, session: 'page of bob' });
  expect(await client.notice('ring')).toMatchObject({ caller: { id: owner.id }, offer, call });
  expect(client.heard).toEqual(['re-attendance-granted', 'iceservers']);
  const back = await cluster.connectTo(three);
  await back.must('re-attend', owner.proof);
  await client.must('answer', { ...bob.proof, caller: { id: owner.id }, answer, call });
  expect(await back.notice('answer')).toMatchObject({ callee: { id: bob.id } });
  await eve.client.settled();
  expect(eve.client.heard, 'who was there all the time hears it once').not.toContain('ring');
});
