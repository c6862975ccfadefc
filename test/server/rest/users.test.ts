import { describe, expect, it } from 'vitest';
import type { EventAttendee } from '../../../src/server/domain/events.ts';
import { signIn, userToken, withUsers } from '../../protocol/users.ts';
import { type Created, startApi } from './api.ts';
import { open } from './visitor.ts';

interface Inbox {
  items: { seq: number; type: string; seen: boolean; from?: EventAttendee }[];
  nextCursor: string | null;
}

describe('A user token that REST signs', () => {
  it('signs its user in, with the name and the picture that it says', async () => {
    const { server, host } = await startApi({
      ...withUsers,
      USER_TOKEN_ISSUER: 'clinic',
      USER_TOKEN_AUDIENCE: 'calls',
    });
    const given = { sub: 'u/7 ä', name: 'Dr. Ada', picture: 'https://example.com/a.png', mesh: { role: 'owner' } };
    const { status, body } = await host.ask<{ token: string }>('POST', 'user-tokens', {
      body: { ...given, ttlSeconds: 60 },
    });
    expect(status).toBe(201);
    const client = await server.connect();
    const signedIn = await client.must('sign-in', { userToken: body.token });
    expect(signedIn.user).toMatchObject({ id: 'u/7 ä', name: 'Dr. Ada', avatar: 'https://example.com/a.png' });
    const left = Number(signedIn.expiresAt) - Date.now();
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('says no more than a user token can, and lives an hour at the most', async () => {
    const { host } = await startApi(withUsers);
    const user = { sub: 'ada', name: 'Ada' };
    for (const [body, field] of [
      [{ name: 'Ada' }, 'sub'],
      [{ ...user, sub: '' }, 'sub'],
      [{ ...user, sub: 'a\nb' }, 'sub'],
      [{ ...user, sub: 'x'.repeat(256) }, 'sub'],
      [{ ...user, name: ' <> ' }, 'name'],
      [{ ...user, ttlSeconds: 0 }, 'ttlSeconds'],
      [{ ...user, ttlSeconds: 3_601 }, 'ttlSeconds'],
      [{ ...user, exp: 9_999_999_999 }, 'exp'],
      [{ ...user, mesh: { role: 'admin' } }, 'mesh.role'],
      [{ ...user, mesh: { owner: true } }, 'mesh.owner'],
    ] as const) {
      expect(await host.refused('POST', 'user-tokens', { body }), field).toMatchObject({ status: 422, field });
    }
    const { token } = await host.must<{ token: string }>('POST', 'user-tokens', { body: user });
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toEqual({ sub: 'ada', name: 'Ada', aud: 'mesh-workspaces', exp: expect.any(Number) });
  });

  it('is there only where the server has the secret that signs', async () => {
    for (const env of [
      { USERS: 'open' },
      { USERS: '' },
      { USERS: 'tokens', USER_TOKEN_JWKS_URL: 'http://127.0.0.1:9/jwks.json', USER_TOKEN_ISSUER: 'clinic' },
    ]) {
      const { host } = await startApi(env);
      const problem = await host.refused('POST', 'user-tokens', { body: { sub: 'ada', name: 'Ada' } });
      expect(problem).toMatchObject({ status: 409, code: 'CONFLICT', detail: /USER_TOKEN_SECRET/ });
    }
  });
});

describe('A workspace of a user', () => {
  it('has the name with which that user signed in last, and is theirs by the owner link', async () => {
    const { server, host } = await startApi(withUsers);
    await signIn(server, 'ada', { name: 'Dr. Ada' });
    const { workspace, owner } = await host.create({ owner: { user: { id: 'ada' } } });
    expect(workspace.owner).toMatchObject({ name: 'Dr. Ada', user: { id: 'ada' } });
    const never = await host.create({ owner: { user: { id: 'bob' } } });
    expect(never.workspace.owner).toMatchObject({ name: 'Anonymous', user: { id: 'bob' } });
    await open(server, owner.url);
    const { items } = await host.must<{ items: object[] }>('GET', `workspaces/${workspace.id}/attendees`);
    expect(items).toMatchObject([{ owner: true, user: { id: 'ada' } }]);
  });
});

describe('An invitation for a user', () => {
  it('opens the workspace without the PIN where that user is signed in, and nowhere else', async () => {
    const { server, host } = await startApi(withUsers);
    const { workspace } = await host.create({ pin: '2468' });
    const path = `workspaces/${workspace.id}/invitations`;
    const { url, token } = await host.must<{ url: string; token: string }>('POST', path, {
      body: { user: { id: 'bob' } },
    });
    expect(url).toBe(`${server.url}/#${token}`);
    const link = { workspace: { token }, attendee: {} };
    const bob = await signIn(server, 'bob', { name: 'Bob' });
    expect(await bob.must('attend', link)).toMatchObject({ attendee: { name: 'Bob', user: { id: 'bob' } } });
    for (const client of [await server.connect(), await signIn(server, 'eve')]) {
      expect((await client.ask('attend', link)).ok).toBe(false);
    }
  });

  it('needs users', async () => {
    const { host } = await startApi({ USERS: '' });
    const { workspace } = await host.create();
    const asked = { body: { user: { id: 'bob' } } };
    expect(await host.refused('POST', `workspaces/${workspace.id}/invitations`, asked)).toMatchObject({ status: 409 });
  });
});

describe('An invite that REST sends', () => {
  const invite = (path: string, body: object) => ({ path: `workspaces/${path}/invites`, asked: { body } });

  it('comes from the owner, at once or at the next sign-in, opens without the PIN, and is one however often it is sent', async () => {
    const { server, host } = await startApi(withUsers);
    const { workspace } = await host.create({ name: 'Ward', pin: '2468', owner: { name: 'Dr. Ada' } });
    const bob = await signIn(server, 'bob', { name: 'Bob' });
    const { path, asked } = invite(workspace.id, { user: { id: 'bob' }, ring: false });
    const sent = await host.must<{ invite: { id: string; token: string } }>('POST', path, asked);
    expect(sent.invite).toMatchObject({
      workspace: { id: workspace.id, name: 'Ward' },
      from: { id: workspace.owner.id, name: 'Dr. Ada' },
      ring: false,
      until: null,
    });
    expect(await bob.notice('invited')).toEqual(sent.invite);
    expect(await host.must('POST', path, asked)).toEqual(sent);
    await host.must('POST', path, { body: { user: { id: 'eve' } } });
    const eve = await server.connect();
    const signedIn = await eve.must('sign-in', { userToken: userToken('eve') });
    expect(signedIn.invites).toMatchObject([{ workspace: { id: workspace.id } }]);
    await bob.must('attend', { workspace: { token: sent.invite.token }, attendee: {} });
    await bob.settled();
    expect(bob.heard.filter((notice) => notice === 'invited')).toEqual([]);
  });

  it('rings where the owner is there, and cannot ring where nobody would answer', async () => {
    const { server, host } = await startApi(withUsers);
    const created = await host.create({ owner: { name: 'Dr. Ada' } });
    const bob = await signIn(server, 'bob');
    const { path, asked } = invite(created.workspace.id, { user: { id: 'bob' }, ring: true, media: 'audio' });
    expect(await host.refused('POST', path, asked)).toMatchObject({ status: 409, code: 'CONFLICT' });
    const owner = await open(server, created.owner.url);
    const { invite: ringing } = await host.must<{ invite: { id: string } }>('POST', path, asked);
    expect(await bob.notice('invited')).toMatchObject({ id: ringing.id, ring: true, media: 'audio' });
    await bob.must('decline', { invite: { id: ringing.id }, reason: 'declined' });
    expect(await owner.client.notice('invite-answered')).toMatchObject({ answer: 'declined', user: { id: 'bob' } });
  });

  it('needs a user who can exist, and a workspace that does', async () => {
    const { host } = await startApi({ USERS: 'open' });
    const { workspace } = await host.create();
    for (const [id, body, problem] of [
      [workspace.id, { user: { id: 'nobody' } }, { status: 404, code: 'NO_SUCH_USER' }],
      [workspace.id, { user: 'bob' }, { status: 422, field: 'user' }],
      [workspace.id, { user: { id: 'bob' }, ring: 'yes' }, { status: 422, field: 'ring' }],
    ] as const) {
      const { path, asked } = invite(id, body);
      expect(await host.refused('POST', path, asked)).toMatchObject(problem);
    }
    const elsewhere = await startApi(withUsers);
    const { path, asked } = invite('_nothing', { user: { id: 'bob' } });
    expect(await elsewhere.host.refused('POST', path, asked)).toMatchObject({ status: 404, code: 'WORKSPACE_GONE' });
    const without = await startApi({ USERS: '' });
    expect(await without.host.refused('POST', path, asked)).toMatchObject({ status: 409, code: 'CONFLICT' });
  });
});

/** A missed call in the inbox of a user: a ring that the caller gave up. */
async function missedCall(callee: string, caller: string) {
  const { server, host } = await startApi(withUsers);
  const created = await host.create({ owner: { user: { id: caller } } });
  const ada = await server.connect();
  await ada.must('sign-in', { userToken: userToken(caller, { name: 'Ada Secret' }) });
  const granted = await ada.must('attend', { workspace: { token: created.owner.token }, attendee: {} });
  const bob = await signIn(server, callee, { name: 'Bob Secret' });
  const guest = await bob.must('attend', { workspace: { token: created.invitation.token }, attendee: {} });
  const proof = {
    workspace: { id: created.workspace.id },
    attendee: { id: granted.attendee.id },
    accessToken: granted.accessToken,
  };
  const ring = async (call: string) => {
    const offer = { type: 'offer', sdp: 'v=0\r\n' } as const;
    await ada.must('ring', { ...proof, callee: { id: guest.attendee.id }, offer, call: { id: call } });
    await ada.must('hangup', { ...proof, call: { id: call } });
  };
  return { server, host, created, ring, bob };
}

describe('The inbox of a user', () => {
  it('is listed, the latest first, page by page, and is as unseen as before', async () => {
    const { host, ring } = await missedCall('u/7 ä', 'ada');
    for (const call of ['one', 'two', 'three']) await ring(call);
    const path = `users/${encodeURIComponent('u/7 ä')}/inbox`;
    const whole = await host.must<Inbox>('GET', path);
    expect(whole.items.map(({ seq, type, seen }) => ({ seq, type, seen }))).toEqual(
      [3, 2, 1].map((seq) => ({ seq, type: 'missed-call', seen: false })),
    );
    expect(whole.items[0]?.from).toMatchObject({ name: 'Ada Secret', user: { id: 'ada' } });
    const first = await host.must<Inbox>('GET', `${path}?limit=2`);
    const second = await host.must<Inbox>('GET', `${path}?limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...second.items]).toEqual(whole.items);
    expect([whole.nextCursor, second.nextCursor]).toEqual([null, null]);
    expect(await host.must('GET', 'users/nobody/inbox')).toEqual({ items: [], nextCursor: null });
    expect(await host.refused('GET', 'users/a%00b/inbox')).toMatchObject({ status: 404, code: 'NO_SUCH_USER' });
  });
});

describe('Erasing a user', () => {
  it('takes the name and the inbox away, also of a user who is seated, and the id stays', async () => {
    const { server, host, created, ring, bob } = await missedCall('bob', 'ada');
    await ring('one');
    const witness = await open(server, created.invitation.url, { name: 'Eve' });
    expect(await host.ask('DELETE', 'users/ada')).toMatchObject({ status: 204, body: null });
    expect(await witness.client.notice('attend', ({ name }) => name === 'removed')).toMatchObject({ owner: true });
    await bob.notice('attend', ({ name }) => name === 'removed');
    const { items } = await host.must<Inbox>('GET', 'users/bob/inbox');
    expect(items[0]?.from).toMatchObject({ name: 'removed', user: { id: 'ada' } });
    const { workspace } = await host.must<Created>('GET', `workspaces/${created.workspace.id}`);
    expect(workspace.owner).toMatchObject({ name: 'removed', user: { id: 'ada' } });
    const attendees = await host.must('GET', `workspaces/${created.workspace.id}/attendees`);
    expect(JSON.stringify(attendees)).toContain('Bob Secret');
    expect(JSON.stringify(attendees)).not.toContain('Ada Secret');
    await host.must('DELETE', 'users/bob');
    expect(await host.must('GET', 'users/bob/inbox')).toEqual({ items: [], nextCursor: null });
    expect((await host.ask('DELETE', 'users/bob')).status).toBe(204);
    expect((await host.ask('DELETE', 'users/nobody-ever')).status).toBe(204);
  });

  it('takes the name of an owner away who has not come yet', async () => {
    const { server, host } = await startApi(withUsers);
    await signIn(server, 'ada', { name: 'Ada Secret' });
    const { workspace } = await host.create({ owner: { user: { id: 'ada' } } });
    await host.must('DELETE', 'users/ada');
    const after = await host.must<Created>('GET', `workspaces/${workspace.id}`);
    expect(after.workspace.owner).toMatchObject({ name: 'removed', user: { id: 'ada' } });
    expect((await host.create({ owner: { user: { id: 'ada' } } })).workspace.owner.name).toBe('Anonymous');
  });

  it('takes the names of a provider and of clients out of a consultation that is open', async () => {
    const { server, host } = await startApi(withUsers);
    const { consultation } = await host.must<{ consultation: { id: string } }>('POST', 'consultations', {
      body: { provider: { id: 'ada', name: 'Ada Secret' }, clients: [{ id: 'bob', name: 'Bob Secret' }] },
    });
    const bob = await server.connect();
    const { invites } = await bob.must('sign-in', { userToken: userToken('bob', { name: 'Bob Secret' }) });
    await bob.must('decline', { invite: { id: invites[0]?.id ?? '' }, reason: 'declined' });
    await host.must('DELETE', 'users/bob');
    await host.must('DELETE', 'users/ada');
    expect(await host.must('GET', `consultations/${consultation.id}`)).toMatchObject({
      consultation: { provider: { id: 'ada', name: 'removed' }, clients: [{ id: 'bob', name: 'removed' }] },
    });
  });

  it('takes the name of somebody away who waits to be admitted', async () => {
    const { server, host } = await startApi(withUsers);
    const { owner, invitation } = await host.create({ owner: { name: 'Ada' }, admission: 'ask' });
    const bob = await signIn(server, 'bob', { name: 'Bob Secret' });
    const asked = await bob.must('attend', { workspace: { token: invitation.token }, attendee: {} });
    expect(asked).toMatchObject({ waiting: { place: 1 } });
    await host.must('DELETE', 'users/bob');
    const ada = await server.connect();
    expect(await ada.must('attend', { workspace: { token: owner.token }, attendee: {} })).toMatchObject({
      waiting: [{ name: 'removed', user: { id: 'bob' } }],
    });
  });

  it('takes the name out of a call that the user dialled, and out of the inbox of the user who missed it', async () => {
    const { server, host } = await startApi(withUsers);
    const ada = await signIn(server, 'ada', { name: 'Ada Secret' });
    await signIn(server, 'bob', { name: 'Bob' });
    const { workspace, attendee, accessToken } = await ada.must('dial', { user: { id: 'bob' }, media: 'audio' });
    await ada.must('destroy', { workspace, attendee, accessToken });
    await expect.poll(async () => (await host.must<Inbox>('GET', 'users/bob/inbox')).items.length).toBe(1);
    await host.must('DELETE', 'users/ada');
    expect(JSON.stringify(await host.must('GET', 'users/bob/inbox'))).not.toContain('Ada Secret');
  });

  it('knows a user of an open directory by the name in any form, and frees the name', async () => {
    const { server, host } = await startApi({ USERS: 'open' });
    const client = await server.connect();
    await client.must('sign-in', { name: 'Straße' });
    const other = await server.connect();
    expect(await other.refused('sign-in', { name: 'STRASSE' })).toMatchObject({ code: 'NAME_TAKEN' });
    await host.must('DELETE', `users/${encodeURIComponent('strasse')}`);
    await other.must('sign-in', { name: 'Strasse' });
  });
});
