import jwt from 'jsonwebtoken';
import { expect, it } from 'vitest';
import {
  attend,
  connectCall,
  createWorkspace,
  generations,
  inOneProcess,
  type Owner,
  reattend,
  startServer,
  type TestServer,
} from '../support/fixtures.ts';
import { codeOf } from './every-command.ts';
import { describeUsers, signIn, userToken, userTokenSecret, withUsers } from './users.ts';

const [, , socketIo2] = generations;
const withUsersOff = inOneProcess('all clusters of these tests would have users, or a setting of their own');

const kick = (owner: Owner, { id }: { id: string }, renewInvitation = false) =>
  owner.client.must('kick', { ...owner.proof, kickedAttendee: { id }, renewInvitation });

const tryToAttend = async (server: TestServer, sub: string, token: string, mesh?: object) => {
  const client = await signIn(server, sub, mesh === undefined ? {} : { mesh });
  return client.ask('attend', { workspace: { token }, attendee: {} });
};

describeUsers('signing in', () => {
  it('makes the connection that of the user whom the host system names', async () => {
    const server = await startServer(withUsers);
    const client = await server.connect();
    const exp = Math.floor(Date.now() / 1000) + 600;
    const claims = { sub: 'u-1', name: ' Ada <Lovelace>', picture: 'https://example.com/a.png', exp };
    const token = jwt.sign({ ...claims, aud: 'mesh-workspaces' }, userTokenSecret);
    expect(await client.must('sign-in', { userToken: token })).toMatchObject({
      user: { id: 'u-1', name: 'Ada Lovelace', avatar: 'https://example.com/a.png' },
      expiresAt: exp * 1000,
    });
  });

  it('is refused with a sentence of its own for a bad token, and for an old one', async () => {
    const server = await startServer(withUsers);
    const client = await server.connect();
    const sign = (claims: object, secret = userTokenSecret) =>
      jwt.sign({ sub: 'u-1', name: 'Ada', aud: 'mesh-workspaces', exp: 2_000_000_000, ...claims }, secret);
    const refused = (token: string) => client.refused('sign-in', { userToken: token });
    expect(await refused(sign({ aud: 'other' }))).toMatchObject({
      code: 'INVALID_TOKEN',
      message: expect.stringContaining('user token'),
    });
    expect(await refused(sign({}, 'x'.repeat(40)))).toMatchObject({ code: 'INVALID_TOKEN' });
    expect(await refused('garbage')).toMatchObject({ code: 'INVALID_TOKEN' });
    expect(await refused(sign({ exp: 1_000_000_000 }))).toMatchObject({
      code: 'TOKEN_EXPIRED',
      message: expect.stringContaining('user token'),
    });
    expect(await client.refused('sign-out', {})).toMatchObject({ code: 'NOT_SIGNED_IN' });
  });

  it('takes a token or a name, and a name is nothing where the host system signs', async () => {
    const server = await startServer(withUsers);
    const client = await server.connect();
    const token = userToken('u-1');
    for (const payload of [{}, { userToken: token, name: 'Ada' }, { name: ' ' }, { registration: 'x' }]) {
      expect(await client.refused('sign-in', payload)).toMatchObject({ code: 'INVALID_PAYLOAD', field: 'userToken' });
    }
    expect(await client.refused('sign-in', { name: 'Ada' })).toMatchObject({ code: 'NOT_ALLOWED' });
    const directory = await (await startServer({ USERS: 'open' })).connect();
    expect(await directory.refused('sign-in', { name: '<>' })).toMatchObject({ field: 'name' });
  });

  withUsersOff('is for nobody where there are no users', async () => {
    const server = await startServer({ USERS: '' });
    const client = await server.connect();
    for (const payload of [{ userToken: userToken('u-1') }, { name: 'Ada' }]) {
      expect(await client.refused('sign-in', payload)).toMatchObject({ code: 'NOT_ALLOWED' });
    }
    expect(codeOf(await client.askRaw('create', { workspace: {}, attendee: {} }))).toBeNull();
  });

  it('may be done again as somebody else without a seat, and not with one', async () => {
    const server = await startServer(withUsers);
    const client = await signIn(server, 'u-1');
    expect(await client.must('sign-in', { userToken: userToken('u-2') })).toMatchObject({ user: { id: 'u-2' } });
    const owner = await createWorkspace(server, { client });
    for (const sub of ['u-1', 'u-2']) {
      expect(await client.refused('sign-in', { userToken: userToken(sub) })).toMatchObject({ code: 'NOT_ALLOWED' });
    }
    await client.must('sign-out', {});
    expect(await client.refused('sign-in', { userToken: userToken('u-1') })).toMatchObject({ code: 'NOT_ALLOWED' });
    await client.must('leave', owner.proof);
    expect(await client.must('sign-in', { userToken: userToken('u-1') })).toMatchObject({ user: { id: 'u-1' } });
  });

  it('leaves a guest the seat that it took before, as a guest', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { name: 'Guest' });
    await owner.client.must('sign-in', { userToken: userToken('u-1') });
    const { attendees } = await owner.client.must('attendees', owner.proof);
    expect(attendees[owner.id]).not.toHaveProperty('user');
    expect(attendees[owner.id]?.name).toBe('Guest');
  });
});

describeUsers('the seat of a user', () => {
  it('says whose it is, and has the name that the host system gives, whatever the client says', async () => {
    const server = await startServer(withUsers);
    const ada = await signIn(server, 'u-1', { name: 'Ada', picture: 'https://example.com/a.png' });
    const owner = await createWorkspace(server, { client: ada, name: 'Mallory' });
    const bob = await signIn(server, 'u-2', { name: 'Bob' });
    const granted = await bob.must('attend', {
      workspace: { token: owner.token },
      attendee: { name: 'Ada', avatar: 'https://example.com/own.png' },
    });
    expect(granted.attendees[owner.id]).toMatchObject({
      user: { id: 'u-1' },
      name: 'Ada',
      avatar: 'https://example.com/a.png',
      owner: true,
    });
    // Without a picture of the host system, the client may give its own.
    const { id } = granted.attendee;
    expect(granted.attendee).toMatchObject({ user: { id: 'u-2' }, name: 'Bob', avatar: 'https://example.com/own.png' });
    expect(await ada.notice('attend')).toMatchObject({ id, user: { id: 'u-2' }, name: 'Bob' });

    const proof = { workspace: { id: owner.workspaceId }, attendee: { id }, accessToken: granted.accessToken };
    const again = await bob.must('attend', { workspace: { token: owner.token }, attendee: { name: 'Mallory' } });
    expect(again.attendee).toMatchObject({ id, name: 'Bob' });
    const other = await server.connect();
    const back = await other.must('re-attend', { ...proof, attendee: { id, name: 'Mallory', avatar: 'm.png' } });
    expect(back.attendee).toMatchObject({
      id,
      user: { id: 'u-2' },
      name: 'Bob',
      avatar: 'https://example.com/own.png',
    });
  });

  it('stays when the user signs out, and outlives the connection that signed in', async () => {
    const server = await startServer(withUsers);
    const ada = await signIn(server, 'u-1');
    const owner = await createWorkspace(server, { client: ada });
    await ada.must('sign-out', {});
    const { attendees } = await ada.must('attendees', owner.proof);
    expect(attendees[owner.id]).toMatchObject({ user: { id: 'u-1' } });
    expect(await ada.refused('sign-out', {})).toMatchObject({ code: 'NOT_SIGNED_IN' });
    const back = await reattend(server, owner);
    expect((await back.client.must('attendees', owner.proof)).attendees[owner.id]).toMatchObject({
      user: { id: 'u-1' },
      owner: true,
    });
  });

  it('is one for each connection on which a guest or user attends, as always', async () => {
    const server = await startServer({ ...withUsers, MAX_CAPACITY_OF_WORKSPACE: '3' });
    const owner = await createWorkspace(server);
    const [phone, laptop] = [await signIn(server, 'u-2'), await signIn(server, 'u-2')];
    const first = await attend(server, owner, { client: phone });
    const second = await attend(server, owner, { client: laptop });
    expect(first.id).not.toBe(second.id);
    expect(await tryToAttend(server, 'u-3', owner.token)).toMatchObject({ error: { code: 'FULL' } });
  });

  it('works for clients of Socket.IO 2, which ignore whose it is', async () => {
    const server = await startServer(withUsers);
    const client = await signIn(server, 'u-1', { name: 'Ada' }, { generation: socketIo2 });
    const owner = await createWorkspace(server, { client });
    const bob = await attend(server, owner);
    const { attendees } = await bob.client.must('attendees', bob.proof);
    expect(attendees[owner.id]).toMatchObject({ user: { id: 'u-1' }, name: 'Ada' });
  });
});

describeUsers('the owner’s place', () => {
  it('is that of the user who created the workspace, on every device, with any good link', async () => {
    const server = await startServer(withUsers);
    const laptop = await signIn(server, 'u-1', { name: 'Ada' });
    const owner = await createWorkspace(server, { client: laptop });
    const bob = await attend(server, owner);
    const phone = await signIn(server, 'u-1', { name: 'Ada' });
    const granted = await phone.must('attend', { workspace: { token: owner.token }, attendee: { name: 'x' } });
    expect(granted.attendee).toMatchObject({ id: owner.id, owner: true, name: 'Ada', user: { id: 'u-1' } });
    await laptop.notice('superseded');
    await laptop.notice('(disconnected)');
    const proof = { ...owner.proof, accessToken: granted.accessToken };
    await phone.must('kick', { ...proof, kickedAttendee: { id: bob.id } });
    // Gone, and back again: the place is kept.
    await phone.must('leave', proof);
    const again = await phone.must('attend', { workspace: { token: owner.token }, attendee: {} });
    expect(again.attendee).toMatchObject({ id: owner.id, owner: true });
  });

  it('is nobody else’s: not of a guest’s workspace, and not of other users', async () => {
    const server = await startServer(withUsers);
    const guests = await createWorkspace(server);
    expect(await tryToAttend(server, 'u-1', guests.token)).toMatchObject({ attendee: { owner: false } });
    const users = await createWorkspace(server, { client: await signIn(server, 'u-1') });
    expect(await tryToAttend(server, 'u-2', users.token)).toMatchObject({ attendee: { owner: false } });
  });

  it('needs the right PIN with a link that needs one', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { client: await signIn(server, 'u-1'), pin: '1234' });
    expect(await tryToAttend(server, 'u-1', owner.token)).toMatchObject({ error: { code: 'WRONG_PIN' } });
  });
});

describeUsers('a user whom the owner removed', () => {
  it('stays out, whatever new token the host system gives, until the owner renews the invitation', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner, { client: await signIn(server, 'bob') });
    await kick(owner, bob);
    expect(codeOf(await bob.client.askRaw('attend', { workspace: { token: owner.token }, attendee: {} }))).toBe(
      'KICKED',
    );
    expect(await bob.client.refused('re-attend', bob.proof)).toMatchObject({ code: 'NOT_SEATED' });
    for (const mesh of [{}, { workspace: owner.workspaceId }, { workspace: owner.workspaceId, role: 'owner' }]) {
      const client = await server.connect();
      const { workspace } = await client.must('sign-in', { userToken: userToken('bob', { name: 'Rob', mesh }) });
      const reply = await client.ask('attend', { workspace: { token: workspace?.token ?? owner.token }, attendee: {} });
      expect(codeOf(reply), JSON.stringify(mesh)).toBe('KICKED');
    }
    expect(codeOf(await tryToAttend(server, 'eve', owner.token))).toBeNull();
    const { workspace } = await owner.client.must('renew-invitation', owner.proof);
    expect(codeOf(await tryToAttend(server, 'bob', workspace.token))).toBeNull();
  });

  it('stays out where the same step renews the invitation; those removed before may come again', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server);
    const bob = await attend(server, owner, { client: await signIn(server, 'bob') });
    const eve = await attend(server, owner, { client: await signIn(server, 'eve') });
    await kick(owner, eve);
    const { workspace } = await kick(owner, bob, true);
    const token = workspace?.token ?? '';
    expect(codeOf(await tryToAttend(server, 'bob', token))).toBe('KICKED');
    expect(codeOf(await tryToAttend(server, 'eve', token))).toBeNull();
  });

  it('is told apart from a guest, who may come back with the link', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server);
    const guest = await attend(server, owner);
    await kick(owner, guest);
    expect(codeOf(await guest.client.askRaw('attend', { workspace: { token: owner.token }, attendee: {} }))).toBeNull();
  });
});

describeUsers('a user whom the host system sends to one workspace', () => {
  it('gets a link of its own there, which needs no PIN and opens it for nobody else', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { pin: '1234' });
    const bob = await server.connect();
    const mesh = { workspace: owner.workspaceId };
    const { workspace } = await bob.must('sign-in', { userToken: userToken('bob', { mesh }) });
    expect(workspace?.id).toBe(owner.workspaceId);
    const token = workspace?.token ?? '';
    expect(token).toMatch(/^[\w.-]{51,150}$/);
    expect(await bob.must('attend', { workspace: { token }, attendee: {} })).toMatchObject({
      attendee: { owner: false, user: { id: 'bob' } },
    });
    const guest = await server.connect();
    expect(await guest.refused('attend', { workspace: { token }, attendee: {} })).toMatchObject({
      code: 'NOT_SIGNED_IN',
    });
    expect(await tryToAttend(server, 'eve', token)).toMatchObject({ error: { code: 'NOT_ALLOWED' } });
    // It is good on all devices of the user, and when the invitation was renewed.
    await owner.client.must('renew-invitation', owner.proof);
    expect(codeOf(await tryToAttend(server, 'bob', token))).toBeNull();
  });

  it('is its owner where the host system says so, whichever client created it', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { name: 'Guest' });
    const mesh = { workspace: owner.workspaceId, role: 'owner' };
    const ada = await server.connect();
    const { workspace } = await ada.must('sign-in', { userToken: userToken('ada', { name: 'Ada', mesh }) });
    const granted = await ada.must('attend', { workspace: { token: workspace?.token ?? '' }, attendee: {} });
    expect(granted.attendee).toMatchObject({ id: owner.id, owner: true, name: 'Ada', user: { id: 'ada' } });
    await owner.client.notice('superseded');
    const bob = await attend(server, { ...owner, client: ada });
    await ada.must('kick', { ...owner.proof, accessToken: granted.accessToken, kickedAttendee: { id: bob.id } });
  });

  it('may sit nowhere else', async () => {
    const server = await startServer(withUsers);
    const [here, elsewhere] = [await createWorkspace(server), await createWorkspace(server)];
    const guest = await attend(server, elsewhere);
    const bob = await signIn(server, 'bob', { mesh: { workspace: here.workspaceId } });
    const refusals = [
      await bob.refused('create', { workspace: {}, attendee: {} }),
      await bob.refused('attend', { workspace: { token: elsewhere.token }, attendee: {} }),
      await bob.refused('re-attend', guest.proof),
    ];
    expect(refusals.map(({ code }) => code)).toEqual(Array(3).fill('NOT_ALLOWED'));
    await bob.must('attend', { workspace: { token: here.token }, attendee: {} });
  });

  it('cannot sign in when it is gone', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server);
    await owner.client.must('destroy', owner.proof);
    const client = await server.connect();
    for (const workspace of [owner.workspaceId, 'never-was', '__proto__']) {
      const token = userToken('bob', { mesh: { workspace } });
      expect(await client.refused('sign-in', { userToken: token })).toMatchObject({ code: 'WORKSPACE_GONE' });
    }
    expect(await client.refused('sign-out', {})).toMatchObject({ code: 'NOT_SIGNED_IN' });
  });
});

describeUsers('users', () => {
  it('create at their own pace, and not at that of all clients that have their address', async () => {
    const server = await startServer({ ...withUsers, CREATES_PER_MINUTE: '2' });
    const create = async (client: Awaited<ReturnType<typeof signIn>>) =>
      codeOf(await client.askRaw('create', { workspace: {}, attendee: {} }));
    // Each test of a cluster has the same address, and the names of users are its own.
    const [ada, bob] = [`ada-${crypto.randomUUID()}`, `bob-${crypto.randomUUID()}`];
    const [phone, laptop] = [await signIn(server, ada), await signIn(server, ada)];
    expect([await create(phone), await create(laptop), await create(phone)]).toEqual([null, null, 'RATE_LIMITED']);
    expect(await create(await signIn(server, bob))).toBeNull();
  });

  it('are on calls like guests', async () => {
    const server = await startServer(withUsers);
    const owner = await createWorkspace(server, { client: await signIn(server, 'ada') });
    const bob = await attend(server, owner, { client: await signIn(server, 'bob') });
    await connectCall(owner, bob);
  });
});
