import { describe, expect, it } from 'vitest';
import type { Reply } from '../../src/protocol/types.ts';
import {
  attend,
  type Client,
  createWorkspace,
  type Owner,
  startServer,
  type TestServer,
  unhurried,
} from '../support/fixtures.ts';
import { codeOf } from './every-command.ts';

const crowdSize = 200;
const settings = { ...unhurried, PIN_CHECKS_WAITING: '1000' };

function crowd(server: TestServer, size = crowdSize): Promise<Client[]> {
  return Promise.all(Array.from({ length: size }, () => server.connect()));
}

function tryToAttend(client: Client, owner: Owner, pin: string): Promise<Reply<'attend'>> {
  return client.ask('attend', { workspace: { token: owner.token, pin }, attendee: { name: 'Bob' } });
}

async function seated(owner: Owner): Promise<string[]> {
  return Object.keys((await owner.client.must('attendees', owner.proof)).attendees);
}

describe.each([
  { capacity: 5, pin: '' },
  { capacity: 5, pin: '1234' },
  { capacity: 50, pin: '' },
  { capacity: 50, pin: '1234' },
])('of $capacity seats, with the PIN "$pin"', ({ capacity, pin }) => {
  it('exactly as many are taken as there are when 200 come at once', async () => {
    const server = await startServer({ ...settings, MAX_CAPACITY_OF_WORKSPACE: String(capacity) });
    const owner = await createWorkspace(server, { pin });
    const clients = await crowd(server);
    const replies = await Promise.all(clients.map((client) => tryToAttend(client, owner, pin)));

    const granted = replies.flatMap((reply) => (reply.ok ? [reply] : []));
    expect(granted).toHaveLength(capacity - 1);
    for (const { attendees } of granted) expect(Object.keys(attendees).length).toBeLessThanOrEqual(capacity);
    for (const reply of replies.filter(({ ok }) => !ok)) {
      expect(reply).toMatchObject({ ok: false, error: { code: 'FULL', capacity } });
    }
    const ids = [owner.id, ...granted.map(({ attendee }) => attendee.id)];
    expect((await seated(owner)).sort()).toEqual(ids.sort());
    expect(new Set(granted.map(({ workspace }) => workspace.rev)).size).toBe(granted.length);
  });
});

it('never more are seated than fit while people come, leave, vanish and come back all at once', async () => {
  const capacity = 5;
  const server = await startServer({
    ...settings,
    MAX_CAPACITY_OF_WORKSPACE: String(capacity),
    SEAT_GRACE_SECONDS: '0.05',
  });
  const owner = await createWorkspace(server);
  const clients = await crowd(server, 60);
  let most = 0;
  let seats = 0;
  await Promise.all(
    clients.map(async (client, n) => {
      for (let round = 0; round < 10; round += 1) {
        const reply = await tryToAttend(client, owner, '');
        if (!reply.ok) {
          expect(reply.error).toMatchObject({ code: 'FULL', capacity });
          continue;
        }
        seats += 1;
        most = Math.max(most, Object.keys(reply.attendees).length);
        const proof = {
          workspace: { id: reply.workspace.id },
          attendee: { id: reply.attendee.id },
          accessToken: reply.accessToken,
        };
        const again = await client.must('re-attend', proof);
        most = Math.max(most, Object.keys(again.attendees).length);
        if (n % 3 === 0 && round > 5) {
          client.close();
          break;
        }
        await client.must('leave', proof);
      }
    }),
  );
  expect(most).toBeLessThanOrEqual(capacity);
  expect(most).toBeGreaterThan(2);
  expect(seats).toBeGreaterThan(capacity);
});

it('coming back takes no further seat, even when everybody does at once, the owner who had left included', async () => {
  const capacity = 5;
  const server = await startServer({ ...settings, MAX_CAPACITY_OF_WORKSPACE: String(capacity) });
  const owner = await createWorkspace(server);
  const guests = [];
  for (let n = 1; n < capacity; n += 1) guests.push(await attend(server, owner));
  await owner.client.must('leave', owner.proof);
  const newcomers = await crowd(server, 20);
  const everybody = [owner, ...guests].flatMap((seat) => [seat, seat, seat]);
  const [back, refused] = await Promise.all([
    Promise.all(everybody.map(({ client, proof }) => client.must('re-attend', proof))),
    Promise.all(newcomers.map((client) => tryToAttend(client, owner, ''))),
  ]);
  for (const { attendees } of back) expect(Object.keys(attendees).length).toBeLessThanOrEqual(capacity);
  expect(new Set(refused.map(codeOf))).toEqual(new Set(['FULL']));
  expect((await seated(owner)).sort()).toEqual([owner, ...guests].map(({ id }) => id).sort());
});

it('a workspace of one seat is for its owner alone', async () => {
  const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '1' });
  const owner = await createWorkspace(server);
  const client = await server.connect();
  expect(await tryToAttend(client, owner, '')).toMatchObject({ error: { code: 'FULL', capacity: 1 } });
});
