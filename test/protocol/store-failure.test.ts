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
async function serverWithFolder() {
  const parent = await mkdtemp(join(tmpdir(), 'mesh-workspaces-'));
  // Before the server, so that it is removed after that has stopped writing.
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, 'storage');
  const away = join(parent, 'moved-away');
  await mkdir(folder);
  const file = join(folder, 'workspaces.json');
  const server = await startServer({ JSON_STORAGE_FILE: file });
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
  const call = await connectCall(owner, bob);
  await Promise.all([owner, bob, eve].map(({ client }) => client.settled()));
  forget(owner, bob, eve);
  const before = await owner.client.must('attendees', owner.proof);
  const document = await server.services.store.get(owner.workspaceId);
  await takeAway();

  const stranger = await server.connect();
  const attempts: [Seat['client'], CommandName, object][] = [
    [stranger, 'create', { workspace: {}, attendee: {} }],
    [stranger, 'attend', { workspace: { token: owner.token, pin: '1234' }, attendee: { name: 'Zoe' } }],
    [stranger, 're-attend', { ...bob.proof, session: 'page-2' }],
    [stranger, 'attendees', bob.proof],
    [bob.client, 'mic-toggle', { ...bob.proof, state: false }],
    [bob.client, 'leave-call', { ...bob.proof, call }],
    [bob.client, 'leave', bob.proof],
    [owner.client, 'ring', { ...owner.proof, callee: { id: eve.id }, offer, call }],
    [owner.client, 'hangup', { ...owner.proof, call }],
    [owner.client, 'kick', { ...owner.proof, kickedAttendee: { id: bob.id } }],
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
  const { server, takeAway, putBack } = await serverWithFolder();
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  await takeAway();
  bob.client.close();
  expect(codeOf(await owner.client.askRaw('mic-toggle', { ...owner.proof, state: false }))).toBe('BUSY_TRY_AGAIN');
  await putBack();
  expect(await owner.client.notice('presence')).toMatchObject({ attendee: { id: bob.id }, connected: false });
});
