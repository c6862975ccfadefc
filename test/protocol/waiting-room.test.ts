import { describe, expect, it, vi } from 'vitest';
import {
  attend,
  candidate,
  connectCall,
  createWorkspace,
  generations,
  reattend,
  type Seat,
  startServer,
} from '../support/fixtures.ts';
import { codeOf, forget } from './every-command.ts';
import { documentOf } from './room.ts';
import { describeUsers, signIn, userToken, withUsers } from './users.ts';
import { admit, knock, listOf, seatOf, tryToAttend } from './waiting.ts';

const [, , socketIo2] = generations;

async function seated(seat: Seat): Promise<string[]> {
  return Object.keys((await seat.client.must('attendees', seat.proof)).attendees);
}

describe('A newcomer where the owner admits newcomers', () => {
  it('waits with a place, and the owner hears the knock, while the seated hear nothing', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { pin: '1234' });
    const bob = await attend(server, owner, { pin: '1234' });
    await owner.client.must('admission', { ...owner.proof, admission: 'ask' });
    expect(await bob.client.notice('admission')).toEqual({ admission: 'ask' });
    const before = Date.now();
    const { client, answer } = await tryToAttend(server, owner, { pin: '1234', name: 'Zoë' });
    const { id } = (answer as unknown as { waiting: { id: string } }).waiting;
    expect(answer).toEqual({
      ok: true,
      waiting: { id: expect.stringMatching(/^_/), place: 1, workspace: { id: owner.workspaceId, name: 'Room' } },
    });
    const { waiting } = await owner.client.notice('knock');
    expect(waiting).toEqual({ id, name: 'Zoë', since: expect.any(Number) });
    expect(Math.abs(waiting.since - before)).toBeLessThan(60_000);
    expect((await knock(server, owner, { pin: '1234' })).place).toBe(2);
    await Promise.all([bob.client.settled(), client.settled()]);
    expect([...bob.client.heard, ...client.heard]).toEqual([]);
    expect(await seated(owner)).toEqual([owner.id, bob.id]);
  });

  it('needs the link and the PIN as everywhere', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { pin: '1234', admission: 'ask' });
    expect(codeOf((await tryToAttend(server, owner, { pin: '0000' })).answer)).toBe('WRONG_PIN');
    const former = owner.token;
    await owner.client.must('renew-invitation', owner.proof);
    expect(codeOf((await tryToAttend(server, { ...owner, token: former }, { pin: '1234' })).answer)).toBe(
      'INVALID_TOKEN',
    );
    await owner.client.settled();
    expect(owner.client.heard).toEqual([]);
  });

  it('that sends no ack is told the place by the notice', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const client = await server.connect();
    client.send('attend', { workspace: { token: owner.token }, attendee: { name: 'Bob' } });
    const place = await client.notice('waiting');
    expect(place).toEqual({
      id: expect.stringMatching(/^_/),
      place: 1,
      workspace: { id: owner.workspaceId, name: 'Room' },
    });
    await client.settled();
    expect(client.heard.filter((notice) => notice !== 'iceservers')).toEqual([]);
  });

  it.each(generations.filter(({ version }) => version === 2))(
    'with $name is told that it is full',
    async (generation) => {
      const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '7' });
      const owner = await createWorkspace(server, { admission: 'ask' });
      const client = await server.connect({ generation });
      client.send('attend', { workspace: { token: owner.token }, attendee: { name: 'Bob' } });
      await client.notice('full');
      const { answer } = await tryToAttend(server, owner, { client });
      expect(answer).toMatchObject({ ok: false, error: { code: 'FULL', capacity: 7 } });
      await owner.client.settled();
      expect(owner.client.heard).toEqual([]);
    },
  );

  it('has no seat: no TURN, no list of attendees, no relays, no capacity, and no command of a seat', async () => {
    const server = await startServer({
      MAX_CAPACITY_OF_WORKSPACE: '2',
      ICE_PROVIDER: 'coturn',
      COTURN_URLS: 'turn:turn.example.com',
      COTURN_SECRET: 'a-secret-of-coturn-that-is-long-enough',
    });
    const owner = await createWorkspace(server, { admission: 'ask' });
    const waiting = await knock(server, owner);
    const proof = { workspace: { id: owner.workspaceId }, attendee: { id: waiting.id }, accessToken: owner.token };
    const { iceServers } = await waiting.client.must('iceservers', proof);
    expect(iceServers.some(({ urls }) => urls.startsWith('turn'))).toBe(false);
    expect(codeOf(await waiting.client.ask('attendees', proof))).toBe('INVALID_TOKEN');
    const relay = { ...owner.proof, broadcaster: { id: owner.id }, attendee: { id: waiting.id }, candidate };
    expect(codeOf(await owner.client.ask('icecandidate', relay))).toBe('NO_SUCH_ATTENDEE');
    owner.client.send('icecandidate', relay);
    const ring = { ...owner.proof, callee: { id: waiting.id }, offer: { sdp: 'v=0' }, call: { id: 'c' } };
    expect(codeOf(await owner.client.ask('ring', ring))).toBe('NO_SUCH_ATTENDEE');
    expect(codeOf(await owner.client.ask('kick', { ...owner.proof, kickedAttendee: { id: waiting.id } }))).toBe(
      'NO_SUCH_ATTENDEE',
    );
    await owner.client.must('admission', { ...owner.proof, admission: 'open' });
    // The one seat was free all the time.
    expect((await seatOf(waiting)).granted.attendees).toHaveProperty(owner.id);
    expect(waiting.client.everything.filter(({ notice }) => notice === 'icecandidate')).toEqual([]);
  });

  it('who asks again on the same connection keeps the place, also under another name', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const bob = await knock(server, owner, { name: 'Bob' });
    const eve = await knock(server, owner);
    await owner.client.notice('knock', ({ waiting }) => waiting.id === eve.id);
    forget(owner);
    expect(await knock(server, owner, { client: bob.client, name: 'Bob' })).toMatchObject({ id: bob.id, place: 1 });
    expect(await knock(server, owner, { client: bob.client, name: 'Rob' })).toMatchObject({ id: bob.id, place: 1 });
    expect((await owner.client.notice('knock')).waiting).toMatchObject({ id: bob.id, name: 'Rob' });
    await owner.client.settled();
    expect(owner.client.heard).toEqual([]);
    expect(await listOf(owner)).toEqual([bob.id, eve.id]);
  });

  it('can wait in several places, and with a seat elsewhere', async () => {
    const server = await startServer();
    const [one, two, open] = await Promise.all([
      createWorkspace(server, { admission: 'ask' }),
      createWorkspace(server, { admission: 'ask' }),
      createWorkspace(server),
    ]);
    const seat = await attend(server, open);
    const first = await knock(server, one, { client: seat.client });
    await knock(server, two, { client: seat.client });
    await admit(two, (await two.client.notice('knock')).waiting);
    await seatOf({ ...first });
    await seat.client.must('attendees', seat.proof);
    expect(await listOf(one)).toEqual([first.id]);
  });
});

describe('The owner', () => {
  it('admits somebody, who then has a seat like any other', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const waiting = await knock(server, owner, { name: 'Bob', session: 'page-1' });
    await owner.client.notice('knock');
    await admit(owner, waiting);
    const bob = await seatOf(waiting);
    expect(bob.granted).toMatchObject({
      workspace: { id: owner.workspaceId, owner: owner.id, token: owner.token, admission: 'ask', call: null },
      attendee: { id: waiting.id, name: 'Bob', session: 'page-1', owner: false, connected: true },
      nonce: '',
    });
    expect(Object.keys(bob.granted.attendees)).toEqual([owner.id, waiting.id]);
    expect(bob.granted).not.toHaveProperty('waiting');
    expect(await owner.client.notice('attend')).toMatchObject({ id: waiting.id, name: 'Bob', session: 'page-1' });
    expect(await owner.client.notice('knock-ended')).toEqual({ waiting: { id: waiting.id } });
    await connectCall(owner, bob);
    await bob.client.must('icecandidate', { ...bob.to(owner), candidate });
    expect(await owner.client.notice('icecandidate')).toMatchObject({ broadcaster: { id: bob.id } });
    await owner.client.must('icecandidate', { ...owner.to(bob), candidate });
    await bob.client.notice('icecandidate');
    const back = await reattend(server, bob, { session: 'page-1' });
    await bob.client.notice('superseded');
    await back.client.must('leave', back.proof);
    expect(await owner.client.notice('leave')).toMatchObject({ id: bob.id });
  });

  it('grants before anything else is heard inside, however fast it comes', async () => {
    const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '30', MAX_WAITING: '30' });
    const owner = await createWorkspace(server, { admission: 'ask' });
    for (let n = 0; n < 8; n += 1) {
      const waiting = await knock(server, owner);
      owner.client.send('admit', { ...owner.proof, waiting: { id: waiting.id } });
      for (let each = 0; each < 3; each += 1)
        owner.client.send('mic-toggle', { ...owner.proof, state: each % 2 === 0 });
      owner.client.send('ring', {
        ...owner.proof,
        callee: { id: waiting.id },
        offer: { type: 'offer', sdp: 'v=0' },
        call: { id: 'call-1' },
      });
      await waiting.client.notice('ring');
      const [first, second] = waiting.client.heard;
      expect([first, second]).toEqual(['attendance-granted', 'iceservers']);
    }
  });

  it('turns somebody away, who hears it and may ask again', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const bob = await knock(server, owner);
    const eve = await knock(server, owner);
    await owner.client.must('turn-away', { ...owner.proof, waiting: { id: bob.id } });
    expect(await bob.client.notice('turned-away')).toEqual({});
    expect(await owner.client.notice('knock-ended')).toEqual({ waiting: { id: bob.id } });
    expect(await eve.client.notice('waiting')).toEqual({
      id: eve.id,
      place: 1,
      workspace: { id: owner.workspaceId, name: 'Room' },
    });
    const again = await knock(server, owner, { client: bob.client });
    expect(again).toMatchObject({ place: 2 });
    expect(again.id).not.toBe(bob.id);
  });

  it('can do neither with somebody who does not wait any more, nor can anybody else', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner);
    await owner.client.must('admission', { ...owner.proof, admission: 'ask' });
    const waiting = await knock(server, owner);
    for (const command of ['admit', 'turn-away'] as const) {
      const named = { waiting: { id: waiting.id } };
      expect(codeOf(await guest.client.ask(command, { ...guest.proof, ...named }))).toBe('OWNER_ONLY');
      expect(codeOf(await owner.client.ask(command, { ...owner.proof, waiting: { id: guest.id } }))).toBe(
        'NO_SUCH_ATTENDEE',
      );
    }
    expect(codeOf(await guest.client.ask('admission', { ...guest.proof, admission: 'open' }))).toBe('OWNER_ONLY');
    await admit(owner, waiting);
    for (const command of ['admit', 'turn-away'] as const) {
      const named = { waiting: { id: waiting.id } };
      expect(codeOf(await owner.client.ask(command, { ...owner.proof, ...named }))).toBe('NO_SUCH_ATTENDEE');
    }
  });

  it('is told FULL where no seat is free at the admission, and the person still waits', async () => {
    const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '2' });
    const owner = await createWorkspace(server, { admission: 'ask' });
    const bob = await knock(server, owner);
    const eve = await knock(server, owner);
    await admit(owner, bob);
    const seat = await seatOf(bob);
    const named = { ...owner.proof, waiting: { id: eve.id } };
    expect(await owner.client.refused('admit', named)).toMatchObject({ code: 'FULL', capacity: 2 });
    expect(await listOf(owner)).toEqual([eve.id]);
    // A newcomer who asks while it is full waits too.
    expect((await knock(server, owner)).place).toBe(2);
    await seat.client.must('leave', seat.proof);
    await admit(owner, eve);
    await seatOf(eve);
  });

  it('finds the list when coming back, also as `attend`, and nobody else gets it', async () => {
    const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '3' });
    const owner = await createWorkspace(server, { admission: 'ask' });
    const bob = await knock(server, owner, { name: 'Bob' });
    owner.client.close();
    const eve = await knock(server, owner, { name: 'Eve' });
    const back = await reattend(server, owner);
    const { waiting } = await back.client.must('re-attend', owner.proof);
    expect(waiting).toEqual([
      { id: bob.id, name: 'Bob', since: expect.any(Number) },
      { id: eve.id, name: 'Eve', since: expect.any(Number) },
    ]);
    const again = await back.client.must('attend', { workspace: { token: owner.token }, attendee: {} });
    expect(again.waiting?.map(({ id }) => id)).toEqual([bob.id, eve.id]);
    await back.client.must('admit', { ...owner.proof, waiting: { id: bob.id } });
    const seat = await seatOf(bob);
    const other = await seat.client.must('re-attend', seat.proof);
    expect(other).not.toHaveProperty('waiting');
    await back.client.must('leave', owner.proof);
    const { client } = await knock(server, owner);
    expect(client.heard).toEqual([]);
    const returned = await reattend(server, owner);
    expect((await returned.client.must('re-attend', owner.proof)).waiting).toHaveLength(2);
  });

  it('closes the workspace for the people who wait too', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const bob = await knock(server, owner);
    await owner.client.must('destroy', owner.proof);
    expect(await bob.client.notice('destroyed')).toEqual({});
    expect(codeOf((await tryToAttend(server, owner, { client: bob.client })).answer)).toBe('WORKSPACE_GONE');
    await bob.client.must('give-up', {});
  });
});

describe('The admission', () => {
  it('changes for everybody seated, once for each change', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner);
    const legacy = await attend(server, owner, { generation: socketIo2 });
    await bob.client.settled();
    forget(owner, bob);
    expect(await owner.client.must('admission', { ...owner.proof, admission: 'ask' })).toEqual({
      ok: true,
      admission: 'ask',
    });
    await owner.client.must('admission', { ...owner.proof, admission: 'ask' });
    owner.client.send('admission', { ...owner.proof, admission: 'open' });
    expect(await owner.client.notice('admission')).toEqual({ admission: 'open' });
    await bob.client.settled();
    expect(bob.client.received.filter(({ notice }) => notice === 'admission').map(({ payload }) => payload)).toEqual([
      { admission: 'ask' },
      { admission: 'open' },
    ]);
    expect((await bob.client.must('re-attend', bob.proof)).workspace.admission).toBe('open');
    await legacy.client.must('attendees', legacy.proof);
    for (const wrong of ['closed', '', null, 1]) {
      const payload = { ...owner.proof, admission: wrong as 'open' };
      expect(await owner.client.refused('admission', payload)).toMatchObject({
        code: 'INVALID_PAYLOAD',
        field: 'admission',
      });
    }
  });

  it('once it is open admits all in their order while there are seats, and the next one with the next seat', async () => {
    const server = await startServer({ MAX_CAPACITY_OF_WORKSPACE: '3' });
    const owner = await createWorkspace(server, { admission: 'ask' });
    const people = [];
    for (const name of ['Ann', 'Bob', 'Eve', 'Zoë']) people.push(await knock(server, owner, { name }));
    const [ann, bob, eve, zoe] = people;
    if (!ann || !bob || !eve || !zoe) throw new Error('Four people wait.');
    await owner.client.must('admission', { ...owner.proof, admission: 'open' });
    const seats = [await seatOf(ann), await seatOf(bob)];
    expect(await eve.client.notice('waiting')).toMatchObject({ place: 1 });
    expect(await zoe.client.notice('waiting')).toMatchObject({ place: 2 });
    expect(await listOf(owner)).toEqual([eve.id, zoe.id]);
    expect(codeOf((await tryToAttend(server, owner)).answer)).toBe('FULL');
    await seats[0]?.client.must('leave', seats[0].proof);
    await seatOf(eve);
    await admit(owner, zoe).catch((error: Error) => expect(error.message).toContain('FULL'));
    expect(await seated(owner)).toEqual([owner.id, bob.id, eve.id]);
  });

  it('stays what it is when the invitation is renewed, and the people who wait stay', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const bob = await knock(server, owner, { session: 'page-1' });
    const { workspace } = await owner.client.must('renew-invitation', owner.proof);
    expect(codeOf((await tryToAttend(server, owner, { session: 'page-1' })).answer)).toBe('INVALID_TOKEN');
    expect((await knock(server, { ...owner, token: workspace.token })).place).toBe(2);
    await admit(owner, bob);
    await seatOf(bob);
  });
});

describe('A waiting room', () => {
  it('holds as many as the setting says, and tells the next one that it is full', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const people = await Promise.all(Array.from({ length: 20 }, () => knock(server, owner)));
    expect(people.map(({ place }) => place).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    const { client, answer } = await tryToAttend(server, owner);
    expect(answer).toMatchObject({ ok: false, error: { code: 'FULL', capacity: 5 } });
    client.send('attend', { workspace: { token: owner.token }, attendee: {} });
    await client.notice('full');
    await people[0]?.client.must('give-up', {});
    await knock(server, owner, { client });
  });

  it('lets people give up, and the rest move up', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const [bob, eve] = [await knock(server, owner), await knock(server, owner)];
    expect(await bob.client.must('give-up', {})).toEqual({ ok: true });
    expect(await owner.client.notice('knock-ended')).toEqual({ waiting: { id: bob.id } });
    expect(await eve.client.notice('waiting')).toMatchObject({ id: eve.id, place: 1 });
    // Again, and by somebody who never waited.
    await bob.client.must('give-up', {});
    await owner.client.must('give-up', {});
    await bob.client.settled();
    expect(bob.client.heard).toEqual([]);
    expect(await listOf(owner)).toEqual([eve.id]);
    // Giving up touches no seat.
    await admit(owner, eve);
    const seat = await seatOf(eve);
    await eve.client.must('give-up', {});
    await eve.client.must('attendees', seat.proof);
  });

  it('keeps the place of a page that lost its connection, for the grace time', async () => {
    const server = await startServer({ SEAT_GRACE_SECONDS: '1.5' });
    const owner = await createWorkspace(server, { admission: 'ask' });
    const bob = await knock(server, owner, { session: 'page of bob' });
    const eve = await knock(server, owner, { session: 'page of eve' });
    const zoe = await knock(server, owner);
    bob.client.close();
    eve.client.close();
    const back = await knock(server, owner, { session: 'page of eve' });
    expect(back).toMatchObject({ id: eve.id, place: 2 });
    expect(await listOf(owner)).toEqual([bob.id, eve.id, zoe.id]);
    expect(await owner.client.notice('knock-ended')).toEqual({ waiting: { id: bob.id } });
    expect(await back.client.notice('waiting')).toMatchObject({ id: eve.id, place: 1 });
    expect(await zoe.client.notice('waiting')).toMatchObject({ place: 2 });
    expect(await listOf(owner)).toEqual([eve.id, zoe.id]);
    await admit(owner, back);
    await seatOf(back);
    const late = await knock(server, owner, { session: 'page of bob' });
    expect(late).toMatchObject({ place: 2 });
  });

  it('gives the place to the newest connection of a page, and closes the former one', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const former = await knock(server, owner, { session: 'page-1' });
    const newer = await knock(server, owner, { session: 'page-1' });
    expect(newer).toMatchObject({ id: former.id, place: 1 });
    await former.client.notice('superseded');
    await former.client.notice('(disconnected)');
    await admit(owner, newer);
    await seatOf(newer);
  });

  it('seats somebody whose connection is lost, and the same page takes the seat when it is back', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const bob = await knock(server, owner, { session: 'page of bob' });
    bob.client.close();
    // Its connection is lost, but nobody is told of that.
    await owner.client.notice('knock');
    await vi.waitFor(async () => {
      expect((await documentOf(server, owner))?.waiting).toMatchObject([{ connection: null }]);
    });
    await admit(owner, bob);
    const told = await owner.client.notice('attend');
    expect(told).toMatchObject({ id: bob.id, connected: false });
    // Nobody learns how the seat is opened.
    expect(told).not.toHaveProperty('session');
    const client = await server.connect();
    const granted = await client.must('attend', {
      workspace: { token: owner.token },
      attendee: { name: 'Bob' },
      session: 'page of bob',
    });
    expect(granted.attendee).toMatchObject({ id: bob.id, session: 'page of bob' });
    await client.notice('iceservers');
    expect(await owner.client.notice('presence')).toMatchObject({ attendee: { id: bob.id }, connected: true });
    expect(await owner.client.notice('attend')).toMatchObject({ id: bob.id, session: 'page of bob' });
    expect(await seated(owner)).toEqual([owner.id, bob.id]);
  });

  it('gives nobody the seat of another page once that page has used it', async () => {
    const server = await startServer();
    const owner = await createWorkspace(server, { admission: 'ask' });
    const waiting = await knock(server, owner, { session: 'page of bob' });
    await admit(owner, waiting);
    const bob = await seatOf(waiting);
    await bob.client.must('attendees', bob.proof);
    bob.client.close();
    await owner.client.notice('presence');
    const stranger = await knock(server, owner, { session: 'page of bob' });
    expect(stranger.id).not.toBe(bob.id);
    await reattend(server, bob);
  });
});

describeUsers('A user', () => {
  it('waits under the name of the host system, and the owner is told which user it is', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { admission: 'ask' });
    const client = await signIn(server, 'u-1', { name: 'Ada' });
    const ada = await knock(server, owner, { client, name: 'Somebody else' });
    expect((await owner.client.notice('knock')).waiting).toMatchObject({ name: 'Ada', user: { id: 'u-1' } });
    await admit(owner, ada);
    const seat = await seatOf(ada);
    expect(seat.granted.attendee).toMatchObject({ name: 'Ada', user: { id: 'u-1' } });
    expect(await owner.client.notice('attend')).toMatchObject({ user: { id: 'u-1' } });
  });

  it('passes where the host system says so, and where the workspace is the user’s own', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { admission: 'ask', client: await signIn(server, 'olga') });
    const bypass = await signIn(server, 'u-1', { mesh: { admission: 'bypass' } });
    const { answer } = await tryToAttend(server, owner, { client: bypass });
    expect(answer).toMatchObject({ ok: true, attendee: { user: { id: 'u-1' } } });
    const phone = await signIn(server, 'olga');
    expect((await tryToAttend(server, owner, { client: phone })).answer).toMatchObject({
      ok: true,
      attendee: { id: owner.id, owner: true },
      waiting: [],
    });
  });

  it('passes users whom somebody has invited, by the link and by the invite, and nobody else', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { admission: 'ask', client: await signIn(server, 'olga') });
    for (const user of ['u-1', 'u-2'])
      await owner.client.must('invite', { ...owner.proof, user: { id: user }, ring: false });
    const one = await tryToAttend(server, owner, { client: await signIn(server, 'u-1') });
    expect(one.answer).toMatchObject({ ok: true, attendee: { user: { id: 'u-1' } } });
    const client = await server.connect();
    const { invites } = await client.must('sign-in', { userToken: userToken('u-2') });
    const two = await tryToAttend(server, { token: invites[0]?.token ?? '' }, { client });
    expect(two.answer).toMatchObject({ ok: true, attendee: { user: { id: 'u-2' } } });
    await knock(server, owner, { client: await signIn(server, 'u-3') });
  });

  it('who signs in as one that passes while waiting as a guest gives the place up for the seat', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { admission: 'ask' });
    const guest = await knock(server, owner);
    await guest.client.must('sign-in', { userToken: userToken('u-1', { mesh: { admission: 'bypass' } }) });
    const { answer } = await tryToAttend(server, owner, { client: guest.client });
    expect(answer).toMatchObject({ ok: true, attendee: { user: { id: 'u-1' } } });
    expect(await owner.client.notice('knock-ended')).toEqual({ waiting: { id: guest.id } });
    expect(await listOf(owner)).toEqual([]);
  });

  it('whom the owner removes cannot knock, and does not wait on another device any more', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { admission: 'ask' });
    const laptop = await knock(server, owner, { client: await signIn(server, 'u-1') });
    const phone = await knock(server, owner, { client: await signIn(server, 'u-1') });
    const other = await knock(server, owner, { client: await signIn(server, 'u-2') });
    await admit(owner, laptop);
    await seatOf(laptop);
    await owner.client.must('kick', { ...owner.proof, kickedAttendee: { id: laptop.id } });
    expect(await phone.client.notice('turned-away')).toEqual({});
    expect(await listOf(owner)).toEqual([other.id]);
    for (const { client } of [laptop, phone]) {
      expect(codeOf((await tryToAttend(server, owner, { client })).answer)).toBe('KICKED');
    }
  });
});
