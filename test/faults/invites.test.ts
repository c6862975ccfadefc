import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { signIn, userToken, withUsers } from '../protocol/users.ts';
import { emptyFolder, run } from '../support/built-server.ts';
import { Client, createWorkspace, type Owner, type Reachable } from '../support/fixtures.ts';
import { seededRandom } from './seeded-random.ts';
import { atSoak } from './soak.ts';

const settings = { ...withUsers, PORT: '0', JSON_STORAGE_FILE: './rooms.json', CREATES_PER_MINUTE: '1000000' };

/** A server in a folder, which can be killed and started again there. */
async function serverIn(folder: string, env: Record<string, string> = {}) {
  const server = run(folder, { env: { ...settings, ...env } });
  const url = (await server.listening()).replace('localhost', '127.0.0.1');
  const reachable: Reachable = { connect: (options) => Client.connect(url, options) };
  return {
    ...reachable,
    async killed() {
      server.kill('SIGKILL');
      await server.ended;
    },
  };
}

const ring = ({ client, proof }: Owner, user: string) =>
  client.ask('invite', { ...proof, user: { id: user }, ring: true });

it('A ring that was open when the server was killed goes on after its restart, and is missed once', async () => {
  const folder = await emptyFolder();
  const env = { RING_TIMEOUT_SECONDS: '5' };
  const first = await serverIn(folder, env);
  const owner = await createWorkspace(first, { client: await signIn(first, 'ada') });
  const rung = await ring(owner, 'bob');
  await first.killed();

  const second = await serverIn(folder, env);
  const bob = await second.connect();
  const { invites } = await bob.must('sign-in', { userToken: userToken('bob') });
  expect([rung]).toMatchObject(invites.map((invite) => ({ ok: true, invite })));
  expect(await bob.notice('invite-ended')).toMatchObject({ reason: 'unanswered' });
  expect(await bob.notice('inbox-item')).toMatchObject({ item: { seq: 1, type: 'missed-call' }, unseen: 1 });
  await second.killed();

  const third = await serverIn(folder, env);
  const again = await third.connect();
  const { inbox, unseen, invites: open } = await again.must('sign-in', { userToken: userToken('bob') });
  expect(inbox).toMatchObject([{ seq: 1, type: 'missed-call', seen: false }]);
  expect([unseen, open]).toEqual([1, []]);
});

it('No missed call is lost or comes twice, however often the server is killed', async () => {
  const random = seededRandom();
  const folder = await emptyFolder();
  let [attempted, acknowledged] = [0, 0];
  for (let round = 0; round < atSoak(5, 100); round += 1) {
    const server = await serverIn(folder);
    const owner = await createWorkspace(server, { client: await signIn(server, 'ada') });
    // It is killed in the midst of work, however fast the machine is: so many are acknowledged before.
    const enough = acknowledged + random.whole(3, 12);
    let reach = () => {};
    const reached = new Promise<void>((resolve) => {
      reach = resolve;
    });
    const kill = reached.then(() => sleep(random.whole(0, 20))).then(() => server.killed());
    for (let isUp = true; isUp; ) {
      attempted += 1;
      const rung = await Promise.race([ring(owner, 'bob'), kill]);
      const cancel = rung?.ok ? { ...owner.proof, invite: { id: rung.invite.id } } : null;
      const cancelled = cancel && (await Promise.race([owner.client.ask('cancel-invite', cancel), kill]));
      isUp = cancelled?.ok ?? false;
      if (isUp) acknowledged += 1;
      if (acknowledged === enough) reach();
    }
    reach();
    await kill;
  }
  const server = await serverIn(folder, { RING_TIMEOUT_SECONDS: '0.1' });
  const bob = await signIn(server, 'bob');
  const seqs: number[] = [];
  let more = true;
  await expect
    .poll(async () => (await bob.must('inbox', { limit: 1 })).inbox[0]?.seq ?? 0)
    .toBeGreaterThanOrEqual(acknowledged);
  while (more) {
    const before = seqs.at(-1);
    const page = await bob.must('inbox', { limit: 200, ...(before === undefined ? {} : { before }) });
    seqs.push(...page.inbox.map(({ seq }) => seq));
    more = page.more;
  }
  expect(acknowledged).toBeGreaterThan(10);
  expect(seqs.length).toBeLessThanOrEqual(attempted);
  expect(seqs).toEqual(seqs.map((_, index) => seqs.length - index));
});
