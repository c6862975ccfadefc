import { expect, inject, it } from 'vitest';
import { signIn, userToken, withUsers } from '../protocol/users.ts';
import { newDatabase, skipsPostgres } from '../server/records/postgres-server.ts';
import { API_KEYS, keys } from '../server/rest/api.ts';
import { createWorkspace } from '../support/fixtures.ts';
import { type Address, type Cluster, type Node, startCluster } from './cluster.ts';
import { threeOf } from './seats-on-nodes.ts';
import { localCluster } from './shared-cluster.ts';

const RING_SECONDS = 6;

/** Three nodes with users, over a database of their own in the PostgreSQL of the run. */
async function nodesWithUsers(): Promise<{ cluster: Cluster; nodes: [Node, Node, Node] }> {
  const env = {
    ...withUsers,
    DATABASE_URL: await newDatabase(inject('postgresPort')),
    RING_TIMEOUT_SECONDS: String(RING_SECONDS),
    SEAT_GRACE_SECONDS: '1',
  };
  const cluster = await startCluster({ env });
  return { cluster, nodes: threeOf(cluster) };
}

const at = (cluster: Cluster, node: Node) => ({ connect: () => cluster.connectTo(node) });

it.skipIf(skipsPostgres())('users are there for others as long as any node has a connection of theirs', async () => {
  const { cluster, nodes } = await nodesWithUsers();
  const [one, two, three] = nodes;
  const owner = await createWorkspace(cluster, { client: await signIn(at(cluster, one), 'ada') });
  const ring = async () =>
    (await owner.client.must('invite', { ...owner.proof, user: { id: 'bob' }, ring: true })).invite;
  const cancel = (id: string) => owner.client.must('cancel-invite', { ...owner.proof, invite: { id } });

  const phone = await signIn(at(cluster, two), 'bob');
  const laptop = await signIn(at(cluster, three), 'bob');
  const first = await ring();
  for (const client of [phone, laptop]) expect(await client.notice('invited')).toEqual(first);
  await cancel(first.id);
  two.kill('SIGKILL');
  await two.ended;

  const second = await ring();
  await laptop.notice('invited', ({ id }) => id === second.id);
  await laptop.must('attend', { workspace: { token: second.token }, attendee: {} });
  expect(await owner.client.notice('invite-answered')).toMatchObject({ answer: 'accepted' });
  laptop.close();
  await owner.client.notice('leave');
  const third = await ring();
  expect(await owner.client.notice('invite-answered')).toMatchObject({ invite: { id: third.id }, answer: 'away' });
});

it.skipIf(skipsPostgres())(
  'a consultation is one, also where a host system opens it on several nodes at once',
  async () => {
    const { nodes } = await localCluster({ ...withUsers, API_KEYS });
    const opened = async ({ url }: Address, externalId: string) => {
      const answer = await fetch(`${url}/api/v1/consultations`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${keys.clinic}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ externalId, provider: { id: 'dr', name: 'Dr. Ada' } }),
      });
      const { consultation } = (await answer.json()) as { consultation?: { id: string } };
      return consultation?.id ?? answer.status;
    };
    for (let visit = 1; visit <= 10; visit += 1) {
      const ids = await Promise.all([...nodes, ...nodes].map((node) => opened(node, `visit-${visit}`)));
      expect(ids).toEqual(ids.map(() => expect.stringMatching(/^cons_/)));
      expect(new Set(ids).size).toBe(1);
    }
  },
);

it.skipIf(skipsPostgres())('a provider who opens one on several nodes at once is answered by each', async () => {
  const { cluster, nodes } = await nodesWithUsers();
  const provider = { mesh: { role: 'owner' } };
  const bob = await signIn(at(cluster, nodes[0]), 'bob');
  for (let visit = 1; visit <= 10; visit += 1) {
    const payload = { clients: [{ id: 'bob' }], externalId: `visit-${visit}` };
    const doctors = await Promise.all(nodes.map((node) => signIn(at(cluster, node), 'dr', provider)));
    const answers = await Promise.all(doctors.map((doctor) => doctor.must('open-consultation', payload)));
    const [first] = answers;
    for (const { consultation, attendee } of answers) {
      expect([consultation.id, attendee.id]).toEqual([first?.consultation.id, first?.attendee.id]);
    }
    expect((await bob.notice('invited')).consultation).toBe(first?.consultation.id);
  }
  expect((await bob.must('consultations', {})).consultations).toHaveLength(10);
});

it.skipIf(skipsPostgres())('a ring of a node that was killed ends in time, and is missed once', async () => {
  const { cluster, nodes } = await nodesWithUsers();
  const [one, two, three] = nodes;
  const caller = await signIn(at(cluster, one), 'ada', { name: 'Ada' });
  const bob = await signIn(at(cluster, two), 'bob');
  const { invite } = await caller.must('dial', { user: { id: 'bob' }, media: 'audio' });
  expect(await bob.notice('invited')).toEqual(invite);
  one.kill('SIGKILL');
  await one.ended;
  // The caller's seat ends a while later, and the call with it; or else the ring is over.
  expect(await bob.notice('invite-ended')).toMatchObject({ invite: { id: invite.id } });
  expect(await bob.notice('inbox-item')).toMatchObject({
    item: { seq: 1, type: 'missed-call', from: { name: 'Ada', user: { id: 'ada' } } },
    unseen: 1,
  });
  const elsewhere = await cluster.connectTo(three);
  const { inbox, invites } = await elsewhere.must('sign-in', { userToken: userToken('bob') });
  expect(inbox).toHaveLength(1);
  expect(invites).toEqual([]);
  await elsewhere.must('dial', { user: { id: 'ada' }, media: 'audio' });
});
