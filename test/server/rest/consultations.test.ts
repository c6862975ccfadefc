import { describe, expect, it } from 'vitest';
import type { ConsultationRecord } from '../../../src/protocol/types.ts';
import { signIn, withUsers } from '../../protocol/users.ts';
import { connectCall } from '../../support/fixtures.ts';
import { startApi } from './api.ts';
import { open } from './visitor.ts';

type Consultation = ConsultationRecord;

interface Opened {
  consultation: Consultation;
  invitation: { url: string; token: string };
  owner: { url: string; token: string };
}

const visit = {
  externalId: 'visit-1',
  subject: 'Knee',
  provider: { id: 'dr', name: 'Dr. Ada' },
  clients: [{ id: 'bob', name: 'Bob' }],
  callMinutes: 20,
};

describe('A consultation that a host system opens', () => {
  it('has a client once that is named twice, and what happens afterwards is still recorded', async () => {
    const { server, host } = await startApi(withUsers);
    const [bob, eve] = [await signIn(server, 'bob'), await signIn(server, 'eve')];
    const clients = [...visit.clients, { id: 'bob', name: 'Robert' }];
    const { consultation } = await host.must<Opened>('POST', 'consultations', { body: { ...visit, clients } });
    expect(consultation.clients).toEqual(visit.clients);
    expect(await bob.notice('inbox-item')).toMatchObject({ item: { type: 'consultation-opened', seq: 1 } });
    const other = { ...visit, externalId: 'visit-2', clients: [{ id: 'eve', name: 'Eve' }] };
    await host.must<Opened>('POST', 'consultations', { body: other });
    expect(await eve.notice('inbox-item')).toMatchObject({ item: { type: 'consultation-opened', seq: 1 } });
  });

  it('names its provider in the inbox of a client until the provider is erased, and is with nobody alone', async () => {
    const { server, host } = await startApi(withUsers);
    const bob = await signIn(server, 'bob');
    await host.must<Opened>('POST', 'consultations', { body: visit });
    const { item } = await bob.notice('inbox-item');
    expect(item).toMatchObject({ subject: 'Knee', from: { name: 'Dr. Ada', user: { id: 'dr' } } });
    await host.must('DELETE', 'users/dr');
    const { items } = await host.must<{ items: unknown[] }>('GET', 'users/bob/inbox');
    expect(items).toMatchObject([{ from: { name: 'removed', user: { id: 'dr' } } }]);
    const body = { provider: visit.provider, clients: [visit.provider] };
    expect(await host.ask('POST', 'consultations', { body })).toMatchObject({
      status: 422,
      body: { field: 'clients' },
    });
  });

  it('is told to its clients, joined by its links, and billed and read when it is closed', async () => {
    const { server, host } = await startApi(withUsers);
    const bob = await signIn(server, 'bob');
    const { consultation, owner, invitation } = await host.must<Opened>('POST', 'consultations', { body: visit });
    expect(consultation).toMatchObject({
      externalId: 'visit-1',
      status: 'open',
      provider: visit.provider,
      callSeconds: 0,
    });
    const invite = await bob.notice('invited');
    expect(invite).toMatchObject({ consultation: consultation.id, from: { name: 'Dr. Ada' } });
    await bob.must('attend', { workspace: { token: invite.token }, attendee: {} });

    const doctor = await open(server, owner.url);
    expect(doctor.granted.attendee).toMatchObject({ owner: true, name: 'Dr. Ada' });
    const guest = await open(server, invitation.url, { name: 'Interpreter' });
    await connectCall(doctor, guest);
    await guest.client.must('message', { ...guest.proof, messageId: 'm', text: 'Hello' });
    const path = `consultations/${consultation.id}`;
    const present = await host.must<{ consultation: Consultation }>('GET', path);
    expect(present.consultation.call).toMatchObject({ connectedAt: expect.any(Number), endsAt: expect.any(Number) });

    const closed = await host.must<{ consultation: Consultation }>('POST', `${path}/close`);
    expect(closed.consultation).toMatchObject({
      status: 'closed',
      workspace: null,
      closedAt: expect.any(Number),
      call: null,
    });
    await guest.client.notice('destroyed');
    await doctor.client.notice('destroyed');
    expect(await host.must('POST', `${path}/close`)).toEqual(closed);
    expect(await host.must('GET', path)).toEqual(closed);
    const { items } = await host.must<{ items: unknown[] }>('GET', `${path}/messages`);
    expect(items).toMatchObject([{ seq: 1, text: 'Hello', from: { name: 'Interpreter' } }]);
  });

  it('is one, however often it is asked for, and refuses to begin anew', async () => {
    const { host } = await startApi(withUsers);
    const first = await host.must<Opened>('POST', 'consultations', { body: visit });
    const again = await host.must<Opened>('POST', 'consultations', { body: visit });
    expect(again.consultation).toEqual(first.consultation);
    expect(again.owner).toEqual(first.owner);
    const body = { ...visit, provider: { id: 'dr-2', name: 'Dr. Eve' } };
    expect(await host.refused('POST', 'consultations', { body })).toMatchObject({ code: 'NO_SUCH_CONSULTATION' });
    await host.must('POST', `consultations/${first.consultation.id}/close`);
    expect(await host.refused('POST', 'consultations', { body: visit })).toMatchObject({
      status: 409,
      code: 'CONSULTATION_CLOSED',
    });
  });

  it('is entered by its provider over the wire', async () => {
    const { server, host } = await startApi(withUsers);
    const { consultation } = await host.must<Opened>('POST', 'consultations', { body: visit });
    const doctor = await signIn(server, 'dr', { name: 'Dr. Ada', mesh: { role: 'owner' } });
    const entered = await doctor.must('open-consultation', { clients: [], externalId: 'visit-1' });
    expect(entered.consultation.id).toBe(consultation.id);
    expect(entered.attendee).toMatchObject({ owner: true, user: { id: 'dr' } });
  });

  it('gives its externalId to its workspace, its calls and its events', async () => {
    const { server, host } = await startApi(withUsers);
    const { consultation, owner, invitation } = await host.must<Opened>('POST', 'consultations', { body: visit });
    const workspace = { id: consultation.workspace, externalId: 'visit-1' };
    const found = await host.must<{ items: object[] }>('GET', 'workspaces?externalId=visit-1');
    expect(found.items).toMatchObject([workspace]);
    await connectCall(await open(server, owner.url), await open(server, invitation.url, { name: 'Bob' }));
    const active = await host.must<{ items: { id: string }[] }>('GET', 'calls?status=active');
    expect(active.items).toMatchObject([{ externalId: 'visit-1' }]);
    await host.must('POST', `calls/${active.items[0]?.id}/end`);
    const ended = await host.must<{ items: object[] }>('GET', 'calls?status=ended');
    expect(ended.items).toMatchObject([{ externalId: 'visit-1' }]);
  });

  it('shares one namespace of externalIds with workspaces', async () => {
    const { server, host } = await startApi(withUsers);
    const { consultation } = await host.must<Opened>('POST', 'consultations', { body: visit });
    const room = { owner: { name: 'Ada' }, externalId: 'visit-1' };
    expect(await host.refused('POST', 'workspaces', { body: room })).toMatchObject({
      status: 409,
      code: 'EXTERNAL_ID_TAKEN',
      workspace: { id: consultation.workspace },
    });

    const { workspace } = await host.create({ externalId: 'room-2' });
    const second = { ...visit, externalId: 'room-2' };
    expect(await host.refused('POST', 'consultations', { body: second })).toMatchObject({
      status: 409,
      code: 'EXTERNAL_ID_TAKEN',
      workspace: { id: workspace.id },
    });
    const doctor = await signIn(server, 'dr', { name: 'Dr. Ada', mesh: { role: 'owner' } });
    const wanted = { clients: [], externalId: 'room-2' };
    expect(await doctor.refused('open-consultation', wanted)).toMatchObject({ code: 'NOT_ALLOWED' });
    const listed = await host.must<{ items: object[] }>('GET', 'consultations');
    expect(listed.items).toHaveLength(1);

    await host.must('DELETE', `workspaces/${workspace.id}`);
    await host.must('POST', 'consultations', { body: second });
    await host.must('POST', `consultations/${consultation.id}/close`);
    await host.must('POST', 'workspaces', { body: room });
  });

  it('is one where it is opened many times at once', async () => {
    const { host } = await startApi(withUsers);
    const opened = await Promise.all(
      [1, 2, 3, 4].map(() => host.must<Opened>('POST', 'consultations', { body: visit })),
    );
    expect(new Set(opened.map(({ consultation }) => consultation.workspace)).size).toBe(1);
  });

  it('has calls that end at a whole ms, whatever part of a minute they may last', async () => {
    const { server, host } = await startApi(withUsers);
    const body = { ...visit, callMinutes: 0.33333 };
    const { consultation, owner, invitation } = await host.must<Opened>('POST', 'consultations', { body });
    await connectCall(await open(server, owner.url), await open(server, invitation.url, { name: 'Bob' }));
    const { call } = (await host.must<{ consultation: Consultation }>('GET', `consultations/${consultation.id}`))
      .consultation;
    expect(call?.endsAt).toBe((call?.connectedAt ?? 0) + 20_000);
  });

  it('is found by those whom it names, however their names are written', async () => {
    const { server, host } = await startApi({ USERS: 'open' });
    const [ada, bob] = [await server.connect(), await server.connect()];
    await ada.must('sign-in', { name: 'Ada' });
    await bob.must('sign-in', { name: 'Bob' });
    const body = { ...visit, provider: { id: 'ADA', name: 'Dr. Ada' }, clients: [{ id: 'BOB', name: 'Bob' }] };
    const { consultation } = await host.must<Opened>('POST', 'consultations', { body });
    expect(consultation).toMatchObject({ provider: { id: 'ada' }, clients: [{ id: 'bob' }] });
    expect(await bob.notice('invited')).toMatchObject({ consultation: consultation.id });
    for (const client of [ada, bob]) {
      const { consultations } = await client.must('consultations', {});
      expect(consultations.map(({ id }) => id)).toEqual([consultation.id]);
    }
    const entered = await ada.must('open-consultation', { clients: [], externalId: 'visit-1' });
    expect(entered.attendee).toMatchObject({ owner: true, user: { id: 'ada' } });
    const again = { ...body, provider: { id: 'Ada', name: 'Dr. Ada' } };
    expect((await host.must<Opened>('POST', 'consultations', { body: again })).consultation.id).toBe(consultation.id);
  });

  it('is listed, in pages that hold each once', async () => {
    const { host } = await startApi(withUsers);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      const { consultation } = await host.must<Opened>('POST', 'consultations', {
        body: { ...visit, externalId: `visit-${n}` },
      });
      ids.push(consultation.id);
    }
    await host.must('POST', `consultations/${ids[0]}/close`);
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await host.must<{ items: Consultation[]; nextCursor: string | null }>(
        'GET',
        `consultations?limit=2&cursor=${cursor}`,
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    expect([...seen].sort()).toEqual([...ids].sort());
    const open = await host.must<{ items: Consultation[] }>('GET', 'consultations?status=open');
    expect(open.items).toHaveLength(4);
    const one = await host.must<{ items: Consultation[] }>('GET', 'consultations?externalId=visit-3');
    expect(one.items.map(({ id }) => id)).toEqual([ids[3]]);
    expect(await host.refused('GET', 'consultations/cons_none')).toMatchObject({ code: 'NO_SUCH_CONSULTATION' });
  });

  it.each([
    ['provider.name', { ...visit, provider: { id: 'dr' } }],
    ['clients.0.id', { ...visit, clients: [{ id: '', name: 'Bob' }] }],
    ['callMinutes', { ...visit, callMinutes: -1 }],
  ])('is refused where %s does not fit', async (field, body) => {
    const { host } = await startApi(withUsers);
    expect(await host.refused('POST', 'consultations', { body })).toMatchObject({ status: 422, field });
  });
});
