import { randomUUID } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { attend, createWorkspace, generations, onCluster, reattend, startServer } from '../support/fixtures.ts';
import { describeUsers, userToken } from './users.ts';

const [, , , polling2] = generations;
const open = { USERS: 'open' };

/** A name that no other test has: tests of clusters share their directory. */
const someName = (name: string) => `${name} ${randomUUID()}`;

describeUsers('in an open directory', () => {
  it('somebody takes a name, and has it on further connections by its registration, however it is written', async () => {
    const server = await startServer(open);
    const name = someName('Zoë');
    const [laptop, phone, stranger] = [await server.connect(), await server.connect(), await server.connect()];
    const signedIn = await laptop.must('sign-in', { name: ` ${name} ` });
    expect(signedIn).toMatchObject({
      user: { id: name.toLowerCase(), name },
      expiresAt: null,
      serverNow: expect.closeTo(Date.now(), -5),
    });
    const { registration } = signedIn;
    expect(registration).toMatch(/^[\w-]{43}$/);
    expect(await phone.must('sign-in', { name: name.toUpperCase(), registration })).toMatchObject({
      user: { id: name.toLowerCase(), name: name.toUpperCase() },
      registration,
    });
    for (const taken of [
      name,
      name.toUpperCase(),
      name.normalize('NFD'),
      `\u200b${name}`,
      name.replace(' ', '\u00a0'),
    ]) {
      expect(await stranger.refused('sign-in', { name: taken }), taken).toMatchObject({ code: 'NAME_TAKEN' });
      expect(await stranger.refused('sign-in', { name: taken, registration: 'guess' })).toMatchObject({
        code: 'NAME_TAKEN',
      });
    }
    expect(await stranger.refused('sign-out', {})).toMatchObject({ code: 'NOT_SIGNED_IN' });
  });

  it('a name comes back with a reload, and seats carry it', async () => {
    const server = await startServer(open);
    const name = someName('Ada');
    const before = await server.connect();
    const { registration, user } = await before.must('sign-in', { name });
    const owner = await createWorkspace(server, { client: before, name: 'Mallory' });
    before.close();
    const after = await server.connect();
    await after.must('sign-in', { name, registration });
    const granted = await after.must('attend', { workspace: { token: owner.token }, attendee: {} });
    expect(granted.attendee).toMatchObject({ id: owner.id, owner: true, name, user: { id: user.id } });
    const back = await reattend(server, owner);
    expect((await back.client.must('attendees', back.proof)).attendees[owner.id]).toMatchObject({ name });
  });

  it('a name is free again a while after its last connection has gone, and another holder is another user', async () => {
    const server = await startServer({ ...open, REGISTRATION_MINUTES: '0.01' });
    const name = someName('Bob');
    const [one, other, next] = [await server.connect(), await server.connect(), await server.connect()];
    const { registration } = await one.must('sign-in', { name });
    await other.must('sign-in', { name, registration });
    one.close();
    // Longer than a name is held whose holder has gone.
    const minute = 60_000;
    await new Promise((resolve) => setTimeout(resolve, 3 * 0.01 * minute));
    expect(await next.refused('sign-in', { name })).toMatchObject({ code: 'NAME_TAKEN' });
    other.send('sign-out', {});
    await expect.poll(() => next.ask('sign-in', { name })).toMatchObject({ ok: true });
    const former = await server.connect();
    expect(await former.refused('sign-in', { name, registration })).toMatchObject({ code: 'NAME_TAKEN' });
  });

  it('a name needs something to see, and no user token opens anything', async () => {
    const server = await startServer(open);
    const client = await server.connect();
    expect(await client.refused('sign-in', { name: '\u200b' })).toMatchObject({
      code: 'INVALID_PAYLOAD',
      field: 'name',
    });
    expect(await client.refused('sign-in', { userToken: userToken('ada') })).toMatchObject({ code: 'NOT_ALLOWED' });
  });

  it('clients of Socket.IO 2 sign in too', async () => {
    const server = await startServer(open);
    const client = await server.connect({ generation: polling2 });
    const name = someName('Old');
    const { user } = await client.must('sign-in', { name });
    const owner = await createWorkspace(server);
    const seat = await attend(server, owner, { client });
    expect((await owner.client.must('attendees', owner.proof)).attendees[seat.id]).toMatchObject({
      name,
      user: { id: user.id },
    });
  });

  it('as many as come take their names at once', async () => {
    const server = await startServer(open);
    // Each node of a cluster first connects with PostgreSQL for as many as ask at once, all of them in one process here.
    const half = onCluster ? 12 : 30;
    const people = await Promise.all(Array.from({ length: 2 * half }, () => server.connect()));
    const same = someName('Same');
    const replies = await Promise.all(
      people.map((client, index) => client.ask('sign-in', { name: index % 2 ? same : someName('Other') })),
    );
    const refused = replies.flatMap((reply) => (reply.ok ? [] : [reply.error.code]));
    expect(refused).toEqual(Array(half - 1).fill('NAME_TAKEN'));
  });

  it('a new holder of a name has no part in the consultations of the former one', async () => {
    const server = await startServer({ ...open, REGISTRATION_MINUTES: '0.005' });
    const [doc, pat] = [await server.connect(), await server.connect()];
    const [doctor, patient] = [someName('Doc'), someName('Pat')];
    await doc.must('sign-in', { name: doctor });
    const { user } = await pat.must('sign-in', { name: patient });
    const externalId = someName('visit');
    const { consultation, ...owner } = await doc.must('open-consultation', { clients: [{ id: user.id }], externalId });
    const { token } = await pat.notice('invited');
    const seated = await pat.must('attend', { workspace: { token }, attendee: {} });
    await pat.must('message', {
      workspace: { id: owner.workspace.id },
      attendee: { id: seated.attendee.id },
      accessToken: seated.accessToken,
      messageId: 'm',
      text: 'my diagnosis',
    });
    for (const client of [doc, pat]) client.close();
    for (const name of [doctor, patient]) {
      const next = await server.connect();
      await vi.waitFor(async () => expect((await next.ask('sign-in', { name })).ok).toBe(true), { timeout: 5000 });
      expect((await next.must('consultations', {})).consultations).toEqual([]);
      const refused = { code: 'NO_SUCH_CONSULTATION' };
      const { id } = consultation;
      expect(await next.refused('consultation', { consultation: { id } })).toMatchObject(refused);
      expect(await next.refused('messages', { consultation: { id } })).toMatchObject(refused);
      expect(await next.refused('close-consultation', { consultation: { id } })).toMatchObject(refused);
      expect(await next.refused('open-consultation', { clients: [], externalId })).toMatchObject(refused);
    }
  });

  it('a new holder of a name gets neither the workspaces nor the invites of the former one', async () => {
    const server = await startServer({ ...open, REGISTRATION_MINUTES: '0.005' });
    const name = someName('Eve');
    const [former, host] = [await server.connect(), await server.connect()];
    const { user } = await former.must('sign-in', { name });
    const owned = await createWorkspace(server, { client: former });
    await host.must('sign-in', { name: someName('Host') });
    const other = await createWorkspace(server, { client: host });
    await host.must('invite', { ...other.proof, user: { id: user.id }, ring: false });
    former.close();
    const next = await server.connect();
    await vi.waitFor(async () => expect((await next.ask('sign-in', { name })).ok).toBe(true), { timeout: 5000 });
    expect((await server.services.store.get(other.workspaceId))?.invites).toEqual([]);
    const granted = await next.must('attend', { workspace: { token: owned.token }, attendee: {} });
    expect(granted.attendee).toMatchObject({ owner: false });
  });
});
