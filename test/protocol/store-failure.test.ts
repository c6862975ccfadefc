import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { CommandName } from '../../src/protocol/types.ts';
import {
  attend,
  candidate,
  connectCall,
  createWorkspace,
  generations,
  inOneProcess,
  offer,
  reattend,
  type Seat,
  startServer,
} from '../support/fixtures.ts';
import { storedIn } from '../support/stored.ts';
import { codeOf, forget } from './every-command.ts';

const it = inOneProcess('a file belongs to one process');

/** A server with a JSON store whose folder can be taken away and put back. */
async function serverWithFolder(env: Record<string, string> = {}) {
  const parent = await mkdtemp(join(tmpdir(), 'mesh-workspaces-'));
  // Before the server, so that it is removed after that has stopped writing.
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, 'storage');
  const away = join(parent, 'moved-away');
  await mkdir(folder);
  const file = join(folder, 'workspaces.json');
  const server = await startServer({ JSON_STORAGE_FILE: file, ...env });
  return {
    server,
    file,
    takeAway: () => rename(folder, away),
    putBack: () => rename(away, folder),
  };
}

async function silent(...seats: Seat[]): Promise<void> {
  for (const { client } of seats) {
    await client.settled();
    expect(client.heard).toEqual([]);
  }
}

it('what cannot be stored is refused, tells nobody anything, and can be done when it can be stored again', async () => {
  const { server, file, takeAway, putBack } = await serverWithFolder();
  const owner = await createWorkspace(server, { pin: '1234' });
  const bob = await attend(server, owner, { pin: '1234', name: 'Bob' });
  const eve = await attend(server, owner, { pin: '1234', name: 'Eve' });
  await connectCall(owner, bob);
  await Promise.all([owner, bob, eve].map(({ client }) => client.settled()));
  forget(owner, bob, eve);
  const before = await owner.client.must('attendees', owner.proof);
  const document = await server.services.store.get(owner.workspaceId);
  await takeAway();

  const stranger = await server.connect();
  const attempts: [Seat['client'], CommandName, object][] = [
    [stranger, 'create', { workspace: {}, attendee: {} }],
    [stranger, 'attend', { workspace: { token: owner.token, pin: '1234' }, attendee: { name: 'Zoe' } }],
    [bob.client, 'mic-toggle', { ...bob.proof, state: false }],
    [bob.client, 'leave', bob.proof],
    [owner.client, 'kick', { ...owner.proof, kickedAttendee: { id: bob.id } }],
    [owner.client, 'renew-invitation', owner.proof],
    [owner.client, 'destroy', owner.proof],
  ];
  for (const [client, command, payload] of attempts) {
    expect(codeOf(await client.askRaw(command, payload)), command).toBe('BUSY_TRY_AGAIN');
    client.send(command, payload);
    const sentence = await client.notice('alert');
    expect(sentence).toContain('cannot save');
    expect(sentence).not.toContain(file);
  }
  await silent(owner, bob, eve, { ...bob, client: stranger });
  expect(await server.services.store.get(owner.workspaceId)).toEqual(document);
  expect(await owner.client.must('attendees', owner.proof)).toEqual(before);
  // Commands that store nothing go on.
  await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
  await bob.client.notice('icecandidate');

  await putBack();
  await bob.client.must('mic-toggle', { ...bob.proof, state: false });
  expect(await owner.client.notice('mic-toggle')).toEqual({ attendee: { id: bob.id }, state: false });
  const zoe = await attend(server, owner, { pin: '1234', name: 'Zoe' });
  const again = await reattend(server, bob);
  await bob.client.notice('superseded');
  await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: zoe.id } });
  await again.client.notice('kicked');
  const kept = await storedIn(file);
  expect(Object.keys(kept)).toEqual([owner.workspaceId]);
  expect(kept[owner.workspaceId]?.attendees.map(({ id }) => id)).toEqual([owner.id, bob.id, eve.id]);
});

it('many commands at once fail together, and none of them is half done', async () => {
  const { server, takeAway, putBack } = await serverWithFolder();
  const owner = await createWorkspace(server);
  const clients = await Promise.all(Array.from({ length: 20 }, () => server.connect()));
  const attempt = { workspace: { token: owner.token }, attendee: {} };
  await takeAway();
  const replies = await Promise.all(clients.map((client) => client.ask('attend', attempt)));
  expect(replies.map(codeOf).filter((code) => code !== 'BUSY_TRY_AGAIN' && code !== 'FULL')).toEqual([]);
  expect(replies.map(codeOf)).toContain('BUSY_TRY_AGAIN');
  await silent(owner);
  expect(Object.keys((await owner.client.must('attendees', owner.proof)).attendees)).toEqual([owner.id]);
  await putBack();
  const later = await Promise.all(clients.map((client) => client.ask('attend', attempt)));
  expect(later.filter((reply) => codeOf(reply) === null)).toHaveLength(4);
});

it('a connection that drops while nothing can be stored is not forgotten', async () => {
  const { server, file, takeAway, putBack } = await serverWithFolder();
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  await takeAway();
  bob.client.close();
  expect(codeOf(await owner.client.askRaw('mic-toggle', { ...owner.proof, state: false }))).toBe('BUSY_TRY_AGAIN');
  expect(await owner.client.notice('presence')).toMatchObject({ attendee: { id: bob.id }, connected: false });
  await putBack();
  await expect.poll(async () => (await storedIn(file))[owner.workspaceId]?.attendees[1]?.connection).toBeNull();
});

it.each(generations)(
  'people come back to their seats, and calls go on, while nothing can be stored, with $name',
  async (generation) => {
    const { server, file, takeAway, putBack } = await serverWithFolder();
    const first = await createWorkspace(server, { pin: '1234', generation });
    const guests = [
      await attend(server, first, { pin: '1234', name: 'Bob', generation }),
      await attend(server, first, { pin: '1234', name: 'Eve', generation }),
    ] as const;
    await first.client.must('leave', first.proof);
    await takeAway();

    // The owner had left, Bob's connection was lost, and Eve has another page.
    guests[0].client.close();
    const owner = { ...first, ...(await reattend(server, first, { generation })) };
    const bob = await reattend(server, guests[0], { generation });
    const eve = await reattend(server, guests[1], { generation, session: 'page-2' });
    await guests[1].client.notice('superseded');
    const call = await connectCall(owner, bob);
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await bob.client.notice('icecandidate');
    await owner.client.must('ring', { ...owner.proof, callee: { id: eve.id }, offer, call });
    await eve.client.must('busy', { ...eve.proof, caller: { id: owner.id }, call });
    await owner.client.notice('busy');
    await bob.client.must('leave-call', { ...bob.proof, call });

    // What has to last is refused still, and takes nothing of that back.
    expect(codeOf(await bob.client.ask('leave', bob.proof))).toBe('BUSY_TRY_AGAIN');
    expect(codeOf(await owner.client.ask('kick', { ...owner.proof, kickedAttendee: { id: eve.id } }))).toBe(
      'BUSY_TRY_AGAIN',
    );
    const { attendees } = await eve.client.must('attendees', eve.proof);
    expect(Object.values(attendees).map(({ name, connected, onCall }) => [name, connected, onCall])).toEqual([
      ['Bob', true, false],
      ['Eve', true, false],
      ['Owner', true, true],
    ]);
    await owner.client.must('hangup', { ...owner.proof, call });
    await connectCall(owner, eve, { id: 'call-2' });

    await putBack();
    const stored = async () => (await storedIn(file))[owner.workspaceId];
    await expect.poll(async () => (await stored())?.call?.participants, { timeout: 5000 }).toEqual([owner.id, eve.id]);
    expect(await stored()).toEqual(await server.services.store.get(owner.workspaceId));
    await bob.client.must('leave', bob.proof);
  },
);

it('the grace time of a seat runs out also while nothing can be stored, and keeps nobody else from coming back', async () => {
  const { server, file, takeAway, putBack } = await serverWithFolder({ SEAT_GRACE_SECONDS: '0.3' });
  const owner = await createWorkspace(server);
  const [bob, eve] = [await attend(server, owner), await attend(server, owner)];
  await takeAway();
  bob.client.close();
  expect(await owner.client.notice('leave')).toMatchObject({ id: bob.id });
  const back = await reattend(server, eve);
  expect(codeOf(await (await server.connect()).ask('re-attend', bob.proof))).toBe('NOT_SEATED');
  const newcomer = { workspace: { token: owner.token }, attendee: {} };
  expect(codeOf(await (await server.connect()).ask('attend', newcomer))).toBe('BUSY_TRY_AGAIN');
  await putBack();
  await back.client.must('mic-toggle', { ...back.proof, state: false });
  expect((await storedIn(file))[owner.workspaceId]?.attendees.map(({ id }) => id)).toEqual([owner.id, eve.id]);
});
