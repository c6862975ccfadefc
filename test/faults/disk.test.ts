import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type BuiltServer, emptyFolder, refusal, run, secrets } from '../support/built-server.ts';
import {
  attend,
  Client,
  candidate,
  connectCall,
  createWorkspace,
  generations,
  type Owner,
  offer,
  type Reachable,
  reattend,
  type Seat,
} from '../support/fixtures.ts';
import { storedIn } from '../support/stored.ts';
import { makeReadOnly, smallDisk } from './small-disk.ts';
import { atSoak, figure, patience } from './soak.ts';

const [, , socketIo2] = generations;

const settings = { ...secrets, PORT: '0', BCRYPT_COST: '4', SEAT_GRACE_SECONDS: '3600', CREATES_PER_MINUTE: '1000000' };

function start(file: string): BuiltServer {
  return run(join(file, '..'), { env: { ...settings, JSON_STORAGE_FILE: file } });
}

function reach(url: string): Reachable {
  return { connect: (options) => Client.connect(url, options) };
}

/**
 * Uses up the rest of the disk's last page, where the file has it: changes of a workspace that is smaller than
 * anything that is tried afterwards.
 */
async function fillPage({ client, proof }: Owner): Promise<void> {
  for (let state = false; ; state = !state) {
    const reply = await client.ask('mic-toggle', { ...proof, state });
    if (!reply.ok) return;
  }
}

interface Room {
  owner: Owner;
  bob: Seat;
  eve: Seat;
}

/** The owner is on a call with Bob; Eve is seated. */
async function openRoom(server: Reachable): Promise<Room> {
  const owner = await createWorkspace(server);
  const [bob, eve] = [await attend(server, owner, { name: 'Bob' }), await attend(server, owner, { name: 'Eve' })];
  await connectCall(owner, bob);
  return { owner, bob, eve };
}

/** All that would have to be stored, from many people at once. */
async function expectRefused(server: Reachable, { owner, bob, eve }: Room): Promise<void> {
  const strangers = await Promise.all(Array.from({ length: 10 }, () => server.connect()));
  const invitation = { workspace: { token: owner.token }, attendee: { name: 'Refused' } };
  const errors = await Promise.all([
    ...strangers.map((client) => client.refused('create', { workspace: { name: 'Refused' }, attendee: {} })),
    ...strangers.map((client) => client.refused('attend', invitation)),
    owner.client.refused('kick', { ...owner.proof, kickedAttendee: { id: eve.id } }),
    bob.client.refused('mic-toggle', { ...bob.proof, state: false }),
    eve.client.refused('leave', eve.proof),
  ]);
  // Nobody is told that all places are taken, or that a seat has ended, because of what could not be stored either.
  for (const error of errors) {
    expect(error).toEqual({
      code: 'BUSY_TRY_AGAIN',
      message: 'The server cannot save that right now. Try again in a moment.',
    });
  }
  for (const client of strangers) client.close();
}

/** The two participants of the call go on connecting. */
async function expectRelays({ owner, bob }: Room): Promise<void> {
  await owner.client.must('negotiation', { ...owner.to(bob), message: { type: 'offer', data: offer } });
  await bob.client.notice('negotiation');
  await bob.client.must('icecandidate', { ...bob.to(owner), candidate });
  await owner.client.notice('icecandidate');
}

/** Everybody comes back to the seat with another connection, and calls go on: nothing of that has to be stored. */
async function comeBack(server: Reachable, { owner, bob, eve }: Room): Promise<Room> {
  const call = { id: 'call-1' };
  const back = {
    owner: { ...owner, ...(await reattend(server, owner)) },
    bob: await reattend(server, bob, { generation: socketIo2 }),
    eve: await reattend(server, eve),
  };
  for (const { client } of [owner, bob, eve]) await client.notice('superseded');
  await back.owner.client.must('hangup', { ...back.owner.proof, call });
  await back.bob.client.notice('hangup');
  await connectCall(back.owner, back.bob, call);
  return back;
}

async function expectEverythingWorks(server: Reachable, { owner, bob, eve }: Room): Promise<Seat[]> {
  await bob.client.must('mic-toggle', { ...bob.proof, state: false });
  await eve.client.must('leave', eve.proof);
  const zoe = await attend(server, owner, { name: 'Zoe' });
  return [zoe, await createWorkspace(server)];
}

/** Checks a server while it cannot write its file, and afterwards, also after a kill then. */
async function expectFaultIsSurvived(
  file: string,
  server: BuiltServer,
  fault: { begin: () => unknown; end: () => unknown },
): Promise<void> {
  const people = reach(await server.listening());
  let room = await openRoom(people);
  const [id = ''] = Object.keys(await storedIn(file));
  const alone = await createWorkspace(people, { name: '' });
  await fault.begin();
  await fillPage(alone);
  for (let round = 0; round < atSoak(2, 50); round += 1) {
    await expectRefused(people, room);
    await expectRelays(room);
    room = await comeBack(people, room);
    await expectRelays(room);
  }
  await fault.end();
  const newcomers = await expectEverythingWorks(people, room);
  server.kill('SIGKILL');
  await server.ended;
  expect(server.output.stderr).toBe('');

  // Of what was refused there is nothing, and of what was acknowledged there is everything.
  const after = await storedIn(file);
  expect(Object.keys(after)).toHaveLength(3);
  expect(after[id]?.attendees.map(({ name }) => name)).toEqual(['Owner', 'Bob', 'Zoe']);
  const again = start(file);
  const back = reach(await again.listening());
  for (const seat of [room.owner, room.bob, ...newcomers]) await reattend(back, seat);
  const evesReturn = (await back.connect()).refused('re-attend', room.eve.proof);
  expect(await evesReturn).toMatchObject({ code: 'NOT_SEATED' });
  expect(again.output.stderr).toBe('');
}

it('A full disk refuses what cannot be stored, lets the call go on, and is survived without a restart', {
  timeout: patience(5),
}, async () => {
  const disk = await smallDisk();
  const file = join(disk.folder, 'rooms.json');
  const server = start(file);
  await expectFaultIsSurvived(file, server, { begin: () => disk.fill(server), end: () => disk.free(server) });
});

it('A folder that was made read-only is survived like a full disk', { timeout: patience(5) }, async ({ skip }) => {
  const file = join(await emptyFolder(), 'rooms.json');
  let undo: (() => void) | null = null;
  const begin = () => {
    undo = makeReadOnly(join(file, '..'));
    if (!undo) skip('Nothing makes a folder read-only for root here.');
  };
  await expectFaultIsSurvived(file, start(file), { begin, end: () => undo?.() });
});

it('A folder that was deleted is survived too, and its file is whole again when the folder is back', {
  timeout: patience(5),
}, async () => {
  const folder = join(await emptyFolder(), 'storage');
  await mkdir(folder);
  const file = join(folder, 'rooms.json');
  const begin = () => rm(folder, { recursive: true });
  await expectFaultIsSurvived(file, start(file), { begin, end: () => mkdir(folder) });
});

it('A server that was killed in the midst of a full disk has everything that was acknowledged', {
  timeout: patience(5),
}, async () => {
  const disk = await smallDisk();
  const file = join(disk.folder, 'rooms.json');
  const rounds = atSoak(1, 20);
  let server = start(file);
  const owners: Owner[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const people = reach(await server.listening());
    const clients = await Promise.all(Array.from({ length: 20 }, () => people.connect()));
    owners.push(...(await Promise.all(clients.map((client) => createWorkspace(people, { client })))));
    // There is room for a part of what will be asked for: some of the half-written appends are there when it is killed.
    disk.fill(server, 4096);
    const before = await storedIn(file);
    const tooMuch = { workspace: { avatar: 'a'.repeat(8_192) }, attendee: {} };
    const refused = await clients[round]?.refused('create', tooMuch);
    expect(refused).toMatchObject({ code: 'BUSY_TRY_AGAIN' });
    for (const client of clients) client.send('create', tooMuch);
    await clients[0]?.refused('create', tooMuch);
    server.kill('SIGKILL');
    await server.ended;
    expect(server.output.stderr).toBe('');
    expect(await storedIn(file)).toEqual(before);

    if (disk.isFullForAll) {
      expect(await refusal(start(file))).toMatch(/^The JSON store \S+ cannot be written \(ENOSPC\)\. Check the folder/);
      expect(await storedIn(file)).toEqual(before);
      disk.free(server);
    }
    server = start(file);
    const back = reach(await server.listening());
    for (const owner of owners.slice(-20)) await reattend(back, owner);
    expect(Object.keys(await storedIn(file))).toHaveLength(owners.length);
  }
  figure(`kill -9 on a full disk: ${rounds} rounds, ${owners.length} acknowledged workspaces, 0 lost`);
});
