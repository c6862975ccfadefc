import { describe, expect, it, vi } from 'vitest';
import type { NoticePayload } from '../../src/protocol/types.ts';
import { memoryStore } from '../../src/server/storage/memory.ts';
import {
  attend,
  type Client,
  candidate,
  createWorkspace,
  generations,
  inOneProcess,
  type Owner,
  offer,
  reattend,
  type Seat,
  startServer,
  type TestServer,
} from '../support/fixtures.ts';
import { codeOf, forget } from './every-command.ts';

const [socketIo4, , socketIo2] = generations;
const withItsClock = inOneProcess('the clock of a process cannot be set from outside');
const withStore = inOneProcess('the store of a process cannot be replaced from outside');
const quick = { SEAT_GRACE_SECONDS: '0.4' };

/** Lets somebody lose the connection and the grace time pass, so that whatever was to happen before it has happened. */
async function graceTimePasses(server: TestServer, owner: Owner, pin = ''): Promise<void> {
  const canary = await attend(server, owner, { name: 'Canary', pin });
  canary.client.close();
  await owner.client.notice('leave', ({ id }) => id === canary.id);
}

async function seated(owner: Owner): Promise<string[]> {
  const { attendees } = await owner.client.must('attendees', owner.proof);
  return Object.keys(attendees);
}

function sameSeat({ proof, id, accessToken, to }: Seat, client: Client): Seat {
  return { proof, id, accessToken, to, client };
}

describe.each(generations)('with $name', (generation) => {
  it('the newest connection holds the seat; the former one is told and closed, and takes nothing with it', async () => {
    const server = await startServer(quick);
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner, { generation });
    const again = await reattend(server, bob, { generation });
    expect(await bob.client.notice('superseded')).toEqual({});
    await bob.client.notice('(disconnected)');
    expect(bob.client.heard).toEqual([]);

    await graceTimePasses(server, owner);
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(attendees[bob.id]).toMatchObject({ connected: true });
    expect(owner.client.heard).not.toContain('leave');
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await again.client.notice('icecandidate');
  });

  it('any command binds a new connection to the seat, without any re-attend', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const eve = await attend(server, owner);
    for (const [command, payload] of [
      ['attendees', {}],
      ['mic-toggle', { state: true }],
      ['iceservers', {}],
      ['icecandidate', { attendee: { id: eve.id }, candidate }],
    ] as const) {
      const bob = await attend(server, owner, { generation });
      forget(owner, eve);
      bob.client.close();
      const dropped = await owner.client.notice('presence');
      expect(dropped).toMatchObject({ attendee: { id: bob.id }, connected: false });
      const client = await server.connect({ generation });
      client.send(command, { ...bob.proof, broadcaster: { id: bob.id }, ...payload });
      const back = await owner.client.notice('presence');
      expect(back).toMatchObject({ attendee: { id: bob.id }, connected: true });
      expect(back.rev).toBeGreaterThan(dropped.rev);
      await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
      await client.notice('icecandidate');
      expect(owner.client.heard.filter((notice) => notice !== 'mic-toggle')).toEqual([]);
      await sameSeat(bob, client).client.must('leave', bob.proof);
    }
  });

  it('grants, then ICE servers, then rings, however early these come', async () => {
    const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '20' });
    const owner = await createWorkspace(server);
    for (let n = 0; n < 10; n += 1) {
      const guest = await server.connect({ generation });
      guest.send('attend', { workspace: { token: owner.token }, attendee: { name: 'Bob' } });
      const { id } = await owner.client.notice('attend');
      owner.client.send('ring', { ...owner.proof, callee: { id }, offer, call: { id: 'c' } });
      await guest.notice('ring');
      expect(guest.heard).toEqual(['attendance-granted', 'iceservers']);
    }
  });

  it('a seat whose connection drops is kept for the grace time, then the others hear that it is free', async () => {
    const server = await startServer({ ...quick, MAX_CAPACITY_OF_WORKSPACE: '2' });
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner, { generation });
    // Connected beforehand, so that all of this fits into the grace time.
    const eve = await server.connect();
    const attempt = { workspace: { token: owner.token }, attendee: {} };
    bob.client.close();
    const { rev } = await owner.client.notice('presence');
    const [refusal, { attendees }] = await Promise.all([
      eve.refused('attend', attempt),
      owner.client.must('attendees', owner.proof),
    ]);
    expect(refusal).toMatchObject({ code: 'FULL', capacity: 2 });
    expect(attendees[bob.id]).toMatchObject({ connected: false });
    expect(await owner.client.notice('leave')).toMatchObject({ id: bob.id, connected: false });
    const { workspace } = await eve.must('attend', attempt);
    expect(workspace.rev).toBeGreaterThan(rev);
    expect(await seated(owner)).toHaveLength(2);
  });
});

it('a seat that comes back within the grace time hears nothing of it, and is not taken away later', async () => {
  const server = await startServer(quick);
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  bob.client.close();
  await owner.client.notice('presence');
  const again = await reattend(server, bob);
  await graceTimePasses(server, owner);
  expect(await seated(owner)).toEqual([owner.id, bob.id]);
  await again.client.must('attendees', bob.proof);
});

it('a connection that dies while its seat is being given to another one does not free the seat', async () => {
  const server = await startServer(quick);
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  for (let n = 0; n < 5; n += 1) {
    const [one, two] = await Promise.all([server.connect(), server.connect()]);
    one.send('attendees', bob.proof);
    one.close();
    two.send('attendees', bob.proof);
    await two.notice('attendees');
  }
  await graceTimePasses(server, owner);
  const { attendees } = await owner.client.must('attendees', owner.proof);
  expect(attendees[bob.id]).toMatchObject({ connected: true });
});

withStore('a connection that still sends while its seat is given to another one does not take it along', async () => {
  const store = memoryStore({ idleMs: 3_600_000, now: Date.now });
  let swaps = 0;
  let disk = Promise.resolve();
  const swap: typeof store.swap = async (...change) => {
    const swapped = await store.swap(...change);
    swaps += 1;
    await disk;
    return swapped;
  };
  const server = await startServer(quick, { store: { ...store, swap } });
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  const newer = await server.connect();
  let write = () => {};
  disk = new Promise((resolve) => {
    write = resolve;
  });
  const before = swaps;
  const granted = newer.must('re-attend', bob.proof);
  await vi.waitFor(() => expect(swaps).toBe(before + 1));
  bob.client.send('mic-toggle', { ...bob.proof, state: false });
  await vi.waitFor(() => expect(swaps).toBe(before + 2));
  write();
  await granted;
  await bob.client.notice('(disconnected)');

  await graceTimePasses(server, owner);
  const { attendees } = await owner.client.must('attendees', owner.proof);
  expect(attendees[bob.id]).toMatchObject({ connected: true, mic: false });
  const absences = owner.client.received.filter(({ notice, payload }) => {
    return notice === 'presence' && (payload as NoticePayload<'presence'>).attendee.id === bob.id;
  });
  expect(absences).toEqual([]);
  await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
  await newer.notice('icecandidate');
});

it('two connections that both claim one seat take turns, and end with exactly one', async () => {
  const server = await startServer(quick);
  const owner = await createWorkspace(server);
  const bob = await attend(server, owner);
  const clients = await Promise.all(Array.from({ length: 10 }, () => server.connect()));
  for (const client of clients) client.send('re-attend', bob.proof);
  const open = () => clients.filter(({ socket }) => socket.connected);
  await vi.waitFor(() => expect(open()).toHaveLength(1), { timeout: 5000 });
  await open()[0]?.must('attendees', bob.proof);
  expect(await seated(owner)).toEqual([owner.id, bob.id]);
});

it('one connection can hold seats in several workspaces, and losing it drops all of them', async () => {
  const server = await startServer();
  const one = await createWorkspace(server);
  const two = await createWorkspace(server);
  const bob = await attend(server, one);
  const alsoBob = await attend(server, two, { client: bob.client });
  bob.client.close();
  expect(await one.client.notice('presence')).toMatchObject({ attendee: { id: bob.id }, connected: false });
  expect(await two.client.notice('presence')).toMatchObject({ attendee: { id: alsoBob.id }, connected: false });
});

describe('somebody who comes back', () => {
  async function meeting() {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const legacy = await attend(server, owner, { generation: socketIo2, name: 'Legacy' });
    const hear = async () => {
      await owner.client.settled();
      await legacy.client.settled();
      const heard = [owner.client.heard, legacy.client.heard];
      forget(owner, legacy);
      return heard;
    };
    return { server, owner, legacy, hear };
  }

  it('with the same page is told as `attend` to those who know pages, and not at all to the first generation', async () => {
    const { server, owner, hear } = await meeting();
    const bob = await attend(server, owner, { session: 'page-1' });
    await hear();
    await reattend(server, bob, { session: 'page-1' });
    const attended = await owner.client.notice('attend');
    expect(attended).toMatchObject({ id: bob.id, session: 'page-1' });
    expect(await hear()).toEqual([[], []]);
  });

  it.each([
    ['another page', 'page-2'],
    ['no word of its page', undefined],
  ])('with %s is told as `leave` and `attend` to the first generation', async (_, session) => {
    const { server, owner, legacy, hear } = await meeting();
    const bob = await attend(server, owner, { session: 'page-1' });
    await hear();
    await reattend(server, bob, session === undefined ? {} : { session });
    expect(await legacy.client.notice('leave')).toMatchObject({ id: bob.id });
    expect(await owner.client.notice('attend')).toMatchObject({ id: bob.id });
    expect(await hear()).toEqual([[], ['attend']]);
  });

  it('as a client of the first generation counts as another page each time', async () => {
    const { server, owner, hear } = await meeting();
    const bob = await attend(server, owner, { generation: socketIo2, session: 'page-1' });
    await hear();
    await bob.client.must('re-attend', { ...bob.proof, session: 'page-1' });
    expect(await hear()).toEqual([['attend'], ['leave', 'attend']]);
    await reattend(server, bob, { generation: socketIo2, session: 'page-1' });
    expect(await hear()).toEqual([['attend'], ['leave', 'attend']]);
  });

  it('by any command, because only the network was gone, is no new page to anybody', async () => {
    const { server, owner, hear } = await meeting();
    const bob = await attend(server, owner, { generation: socketIo2 });
    bob.client.close();
    await owner.client.notice('presence');
    await hear();
    const client = await server.connect({ generation: socketIo2 });
    client.send('attendees', bob.proof);
    await client.notice('attendees');
    expect(await hear()).toEqual([['presence'], ['presence']]);
  });

  it('may take another name and avatar, and keeps the former ones where it says nothing', async () => {
    const { server, owner } = await meeting();
    const bob = await attend(server, owner, { name: 'Bob' });
    const first = await bob.client.must('re-attend', { ...bob.proof, attendee: { id: bob.id, avatar: 'b.png' } });
    expect(first.attendee).toMatchObject({ name: 'Bob', avatar: 'b.png' });
    const second = await bob.client.must('re-attend', { ...bob.proof, attendee: { id: bob.id, name: 'Rob' } });
    expect(second.attendee).toMatchObject({ name: 'Rob', avatar: 'b.png' });
    expect(second.call).toBeNull();
    expect(second.accessToken).toEqual(expect.any(String));
    // The first access token stays good.
    await bob.client.must('attendees', bob.proof);
  });
});

describe('the owner', () => {
  it('always comes back, also when everybody else fills the workspace', async () => {
    const server = await startServer({ ...quick, MAX_CAPACITY_OF_WORKSPACE: '3' });
    const owner = await createWorkspace(server);
    await owner.client.must('leave', owner.proof);
    const guest = async () => {
      const client = await server.connect();
      return client.ask('attend', { workspace: { token: owner.token }, attendee: {} });
    };
    expect(codeOf(await guest())).toBeNull();
    expect(codeOf(await guest())).toBeNull();
    expect(await guest()).toMatchObject({ error: { code: 'FULL', capacity: 3 } });
    const back = await reattend(server, owner);
    expect(Object.keys((await back.client.must('attendees', owner.proof)).attendees)).toHaveLength(3);
    expect(codeOf(await guest())).toBe('FULL');
  });

  it('comes back after its grace time, still the owner', async () => {
    const server = await startServer(quick);
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    owner.client.close();
    await bob.client.notice('leave');
    for (const generation of [socketIo2, socketIo4]) {
      const back = await reattend(server, owner, { generation });
      await bob.client.notice('attend');
      expect((await bob.client.must('attendees', bob.proof)).attendees[owner.id]).toMatchObject({ owner: true });
      await back.client.must('leave', owner.proof);
    }
    // Without its seat it does nothing else but come back.
    const client = await server.connect();
    expect(await client.refused('destroy', owner.proof)).toMatchObject({ code: 'NOT_SEATED' });
  });
});

it('ghosts do not fill a workspace: many who came and vanished leave it free', async () => {
  const server = await startServer({ ...quick, MAX_CAPACITY_OF_WORKSPACE: '5' });
  const owner = await createWorkspace(server);
  for (let round = 0; round < 3; round += 1) {
    const guests = await Promise.all(Array.from({ length: 4 }, () => server.connect()));
    await Promise.all(
      guests.map((client) => client.must('attend', { workspace: { token: owner.token }, attendee: {} })),
    );
    for (const client of guests) client.close();
    for (const _ of guests) await owner.client.notice('leave');
    expect(await seated(owner)).toEqual([owner.id]);
  }
});

it('somebody who vanishes right after asking for a seat does not keep it', async () => {
  const server = await startServer(quick);
  const owner = await createWorkspace(server, { pin: '1234' });
  for (let n = 0; n < 4; n += 1) {
    const client = await server.connect();
    client.send('attend', { workspace: { token: owner.token, pin: '1234' }, attendee: {} });
    client.close();
  }
  await graceTimePasses(server, owner, '1234');
  expect(await seated(owner)).toEqual([owner.id]);
});

describe('a workspace that nobody uses', () => {
  const hour = 3600_000;

  withItsClock('is kept while anybody is connected, and for a while after', async () => {
    let time = Date.now();
    const now = () => time;
    const server = await startServer({}, { now, store: memoryStore({ idleMs: hour, now }) });
    const used = await createWorkspace(server);
    const left = await createWorkspace(server);
    await left.client.must('leave', left.proof);

    time += hour - 1000;
    const back = await reattend(server, left);
    await back.client.must('leave', left.proof);
    time += hour - 1000;
    await attend(server, used);
    const stranger = await server.connect();
    await stranger.must('attend', { workspace: { token: left.token }, attendee: {} });
    time += 20 * hour;
    await used.client.must('attendees', used.proof);
    await stranger.must('attend', { workspace: { token: left.token }, attendee: {} });
  });

  withItsClock('is gone for its owner and its guests alike', async () => {
    let time = Date.now();
    const now = () => time;
    const server = await startServer({}, { now, store: memoryStore({ idleMs: hour, now }) });
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    await bob.client.must('leave', bob.proof);
    await owner.client.must('leave', owner.proof);
    time += hour + 1;
    expect(await owner.client.refused('re-attend', owner.proof)).toMatchObject({ code: 'WORKSPACE_GONE' });
    expect(await bob.client.refused('attend', { workspace: { token: owner.token }, attendee: {} })).toMatchObject({
      code: 'WORKSPACE_GONE',
    });
    // As the first generation learns it.
    bob.client.send('re-attend', bob.proof);
    expect(await bob.client.notice('destroyed')).toEqual({});
  });
});
