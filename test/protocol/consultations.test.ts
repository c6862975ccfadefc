import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { attend, connectCall, createWorkspace, seat, startServer } from '../support/fixtures.ts';
import { describeUsers, signIn, someUser, userToken, withUsers } from './users.ts';

const provider = { mesh: { role: 'owner' } };

describeUsers('a consultation', () => {
  it('is told to its clients at once, or at their next sign-in, and lets them in without a PIN', async () => {
    const server = await startServer(withUsers);
    const [doctor, here] = [await signIn(server, 'dr', provider), await signIn(server, 'ann')];
    const opened = await doctor.must('open-consultation', {
      subject: 'Knee',
      clients: [{ id: 'ann' }, { id: 'bob' }],
      externalId: 'visit-7',
    });
    const { consultation, workspace, attendee } = opened;
    expect(attendee).toMatchObject({ owner: true, user: { id: 'dr' } });
    expect(consultation).toMatchObject({
      externalId: 'visit-7',
      subject: 'Knee',
      status: 'open',
      workspace: workspace.id,
      provider: { id: 'dr', name: 'dr' },
      clients: [{ id: 'ann' }, { id: 'bob' }],
      closedAt: null,
      callSeconds: 0,
      call: null,
    });
    const invite = await here.notice('invited');
    expect(invite).toMatchObject({ ring: false, until: null, consultation: consultation.id, from: { name: 'dr' } });
    const late = await server.connect();
    const { invites } = await late.must('sign-in', { userToken: userToken('bob') });
    expect(invites).toMatchObject([{ consultation: consultation.id }]);
    for (const [client, token] of [
      [here, invite.token],
      [late, invites[0]?.token ?? ''],
    ] as const) {
      const { attendees } = await client.must('attend', { workspace: { token }, attendee: {} });
      expect(Object.keys(attendees)).toContain(attendee.id);
    }
  });

  it('says its subject as it was written, and who opened it, in the invite and in the inbox', async () => {
    const server = await startServer(withUsers);
    const named = { ...provider, name: 'Dr. Lee' };
    const [doctor, ann] = [await signIn(server, 'dr', named), await signIn(server, 'ann')];
    const subject = 'Knee <38 °C> & "hip"';
    const { consultation, workspace } = await doctor.must('open-consultation', { subject, clients: [{ id: 'ann' }] });
    expect(consultation.subject).toBe(subject);
    // The client in the field puts names into HTML.
    expect(workspace.name).toBe('Knee 38 °C & "hip"');
    expect(await ann.notice('invited')).toMatchObject({ subject });
    const { item } = await ann.notice('inbox-item');
    expect(item).toMatchObject({ type: 'consultation-opened', subject });
    expect(item.from).toEqual({ name: 'Dr. Lee', user: { id: 'dr' } });
    await doctor.must('close-consultation', { consultation: { id: consultation.id } });
    const closed = await ann.notice('inbox-item', ({ item: { type } }) => type === 'consultation-closed');
    expect(closed.item.from).toEqual({ name: 'Dr. Lee', user: { id: 'dr' } });
  });

  it('needs somebody else than its provider', async () => {
    const server = await startServer(withUsers);
    const own = someUser('dr');
    const doctor = await signIn(server, own, provider);
    expect(await doctor.refused('open-consultation', { clients: [{ id: 'ann' }, { id: own }] })).toMatchObject({
      code: 'INVALID_PAYLOAD',
      field: 'clients',
      message: expect.stringContaining('not you'),
    });
    expect((await doctor.must('consultations', {})).consultations).toEqual([]);
  });

  it('lets a client in again whom the owner has removed, once the owner invites that client', async () => {
    const server = await startServer(withUsers);
    const client = someUser('ann');
    const [doctor, ann] = [await signIn(server, 'dr', provider), await signIn(server, client)];
    const { workspace, attendee, accessToken } = await doctor.must('open-consultation', { clients: [{ id: client }] });
    const { token } = await ann.notice('invited');
    const { attendee: removed } = await ann.must('attend', { workspace: { token }, attendee: {} });
    const proof = { workspace, attendee, accessToken };
    await doctor.must('kick', { ...proof, kickedAttendee: { id: removed.id } });
    const again = await server.connect();
    expect(await again.must('sign-in', { userToken: userToken(client) })).toMatchObject({ invites: [] });
    expect(await again.refused('attend', { workspace: { token }, attendee: {} })).toMatchObject({ code: 'KICKED' });
    await doctor.must('invite', { ...proof, user: { id: client }, ring: false });
    expect(await again.notice('invited')).toMatchObject({ token });
    await again.must('attend', { workspace: { token }, attendee: {} });
  });

  it('is one, however often its provider opens it, and nobody else does', async () => {
    const server = await startServer(withUsers);
    const doctor = await signIn(server, 'dr', provider);
    const payload = { clients: [{ id: 'ann' }], externalId: 'visit-8' };
    const first = await doctor.must('open-consultation', payload);
    const again = await (await signIn(server, 'dr', provider)).must('open-consultation', payload);
    expect(again.consultation.id).toBe(first.consultation.id);
    expect([again.workspace.id, again.attendee.id]).toEqual([first.workspace.id, first.attendee.id]);
    await doctor.notice('superseded');
    const other = await signIn(server, 'dr-2', provider);
    expect(await other.refused('open-consultation', payload)).toMatchObject({ code: 'NO_SUCH_CONSULTATION' });
    const patient = await signIn(server, 'ann');
    expect(await patient.refused('open-consultation', { clients: [] })).toMatchObject({ code: 'NOT_ALLOWED' });
    const guest = await server.connect();
    expect(await guest.refused('open-consultation', { clients: [] })).toMatchObject({ code: 'NOT_SIGNED_IN' });
  });

  it('can be read by its users alone, open or closed, with its chat', async () => {
    const server = await startServer(withUsers);
    const doctor = await signIn(server, 'dr', provider);
    const { consultation, workspace, attendee, accessToken } = await doctor.must('open-consultation', {
      clients: [{ id: 'ann' }],
      externalId: 'visit-9',
    });
    const proof = { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
    await doctor.must('message', { ...proof, messageId: 'm', text: 'Rest it.' });
    const ann = await signIn(server, 'ann');
    const eve = await signIn(server, 'eve');
    const wanted = { consultation: { id: consultation.id } };
    expect(await ann.must('consultation', wanted)).toMatchObject({ consultation: { status: 'open' } });
    expect(await eve.refused('consultation', wanted)).toMatchObject({ code: 'NO_SUCH_CONSULTATION' });
    expect(await ann.refused('close-consultation', wanted)).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await eve.refused('close-consultation', wanted)).toMatchObject({ code: 'NO_SUCH_CONSULTATION' });

    const closed = await doctor.must('close-consultation', wanted);
    expect(closed.consultation).toMatchObject({ status: 'closed', workspace: null, closedAt: expect.any(Number) });
    expect(await ann.notice('consultation-closed')).toEqual({ consultation: closed.consultation });
    expect(await ann.notice('invite-ended')).toMatchObject({ reason: 'closed' });
    await doctor.notice('destroyed');
    expect(await doctor.must('close-consultation', wanted)).toMatchObject({ consultation: { status: 'closed' } });
    expect(await doctor.refused('message', { ...proof, messageId: 'late', text: 'And ice it.' })).toMatchObject({
      code: 'CONSULTATION_CLOSED',
    });
    const read = await ann.must('consultation', { externalId: 'visit-9' });
    expect(read.consultation).toEqual(closed.consultation);
    const { messages } = await ann.must('messages', wanted);
    expect(messages).toMatchObject([{ seq: 1, text: 'Rest it.', from: { user: { id: 'dr' } } }]);
    expect(await eve.refused('messages', wanted)).toMatchObject({ code: 'NO_SUCH_CONSULTATION' });
    expect(await doctor.refused('open-consultation', { clients: [], externalId: 'visit-9' })).toMatchObject({
      code: 'CONSULTATION_CLOSED',
    });
  });

  it('is listed for its users, by its status, the latest first', async () => {
    const server = await startServer(withUsers);
    // Tests of clusters share their users.
    const [dr, ann] = [`dr ${randomUUID()}`, `ann ${randomUUID()}`];
    const doctor = await signIn(server, dr, provider);
    const ids: string[] = [];
    for (const subject of ['one', 'two', 'three']) {
      const opened = await (await signIn(server, dr, provider)).must('open-consultation', {
        subject,
        clients: [{ id: ann }],
      });
      ids.unshift(opened.consultation.id);
    }
    await doctor.must('close-consultation', { consultation: { id: ids[1] ?? '' } });
    const client = await signIn(server, ann);
    const list = async (input: { status?: 'open' | 'closed'; before?: number; limit?: number }) => {
      const { consultations, more } = await client.must('consultations', input);
      return { ids: consultations.map(({ id }) => id), more, last: consultations.at(-1)?.openedAt };
    };
    expect(await list({})).toMatchObject({ ids, more: false });
    expect(await list({ status: 'open' })).toMatchObject({ ids: [ids[0], ids[2]] });
    expect(await list({ status: 'closed' })).toMatchObject({ ids: [ids[1]] });
    const first = await list({ limit: 2 });
    expect(first).toMatchObject({ ids: ids.slice(0, 2), more: true });
    expect(await list({ before: first.last ?? 0 })).toMatchObject({ ids: ids.slice(2), more: false });
    expect((await (await signIn(server, 'eve')).must('consultations', {})).consultations).toEqual([]);
  });

  it('is listed as closed as soon as its close is answered or told', async () => {
    const server = await startServer(withUsers);
    const [dr, ann] = [`dr ${randomUUID()}`, `ann ${randomUUID()}`];
    const [doctor, client] = [await signIn(server, dr, provider), await signIn(server, ann)];
    const listed = async (from: typeof doctor, status: 'open' | 'closed') =>
      (await from.must('consultations', { status })).consultations.map(({ id }) => id);
    for (let times = 0; times < 5; times += 1) {
      const { consultation } = await doctor.must('open-consultation', { clients: [{ id: ann }] });
      const told = client.notice('consultation-closed', ({ consultation: { id } }) => id === consultation.id);
      await doctor.must('close-consultation', { consultation: { id: consultation.id } });
      expect(await listed(doctor, 'open')).toEqual([]);
      expect(await listed(doctor, 'closed')).toContain(consultation.id);
      await told;
      expect(await listed(client, 'open')).toEqual([]);
      const { inbox } = await client.must('inbox', { limit: 1 });
      expect(inbox).toMatchObject([{ type: 'consultation-closed', consultation: consultation.id }]);
    }
  });

  it('has calls that end at a whole ms, whatever part of a minute they may last', async () => {
    const server = await startServer(withUsers);
    const [doctor, ann] = [await signIn(server, 'dr', provider), await signIn(server, 'ann')];
    const opened = await doctor.must('open-consultation', { clients: [{ id: 'ann' }], callMinutes: 0.33333 });
    const { token } = await ann.notice('invited', ({ consultation }) => consultation === opened.consultation.id);
    const granted = await ann.must('attend', { workspace: { token }, attendee: {} });
    const { id } = opened.workspace;
    await connectCall(
      seat(doctor, id, opened.attendee.id, opened.accessToken),
      seat(ann, id, granted.attendee.id, granted.accessToken),
    );
    const { consultation } = await ann.must('consultation', { consultation: { id: opened.consultation.id } });
    expect(consultation.call?.endsAt).toBe((consultation.call?.connectedAt ?? 0) + 20_000);
  });

  it('comes with the time of the server in every answer, to which the times of its call belong', async () => {
    const server = await startServer(withUsers);
    const doctor = await signIn(server, 'dr', provider);
    const opened = await doctor.must('open-consultation', { clients: [] });
    const { id, openedAt } = opened.consultation;
    const answers = [
      opened,
      await doctor.must('consultation', { consultation: { id } }),
      await doctor.must('consultations', {}),
      await doctor.must('close-consultation', { consultation: { id } }),
      await doctor.must('close-consultation', { consultation: { id } }),
    ];
    for (const { serverNow } of answers) expect(serverNow).toBeGreaterThanOrEqual(openedAt);
  });

  it.each([
    ['is empty', ''],
    ['has more than 255 characters', '😀'.repeat(256)],
    ['has a control character', 'a\u0007'],
  ])('is not opened for a client whose id %s', async (_, id) => {
    const server = await startServer(withUsers);
    const doctor = await signIn(server, someUser('dr'), provider);
    expect(await doctor.refused('open-consultation', { clients: [{ id }] })).toMatchObject({
      code: 'INVALID_PAYLOAD',
      field: 'clients.0.id',
    });
    expect((await doctor.must('consultations', {})).consultations).toEqual([]);
    await doctor.must('open-consultation', { clients: [{ id: '😀'.repeat(255) }] });
  });

  it('lets a user in whom the host system signs in for it, and nowhere else', async () => {
    const server = await startServer(withUsers);
    const doctor = await signIn(server, 'dr', provider);
    await doctor.must('open-consultation', { clients: [{ id: 'ann' }], externalId: 'visit-10' });
    const ann = await server.connect();
    const signedIn = await ann.must('sign-in', { userToken: userToken('ann', { mesh: { consultation: 'visit-10' } }) });
    await ann.must('attend', { workspace: { token: signedIn.workspace?.token ?? '' }, attendee: {} });
    const elsewhere = await createWorkspace(server);
    expect(await ann.refused('attend', { workspace: { token: elsewhere.token }, attendee: {} })).toMatchObject({
      code: 'NOT_ALLOWED',
    });
    await attend(server, elsewhere);
  });
});
