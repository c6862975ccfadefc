import { expect, it } from 'vitest';
import type { CommandError } from '../../src/client/mesh-client.ts';
import { startTcpProxy } from '../faults/tcp-proxy.ts';
import { userToken, withUsers } from '../protocol/users.ts';
import { connected, directory, places, rung, sent, tokenFor, useClients, when } from './users.ts';

useClients();

it('A function of the host gives a fresh user token for each further connection, until one is refused', async () => {
  const { server, open } = await directory(withUsers);
  const proxy = await startTcpProxy(server.url);
  const client = open(places(), proxy.url);
  const tokens = [tokenFor('ada', 600), tokenFor('ada', 600), tokenFor('ada', -3600)];
  const refused: CommandError[] = [];
  client.on('signed-out', ({ error }) => refused.push(error));
  await client.signIn({ userToken: async () => tokens.shift() ?? '' });
  await client.create({ workspace: {}, attendee: {} });
  expect(client.state.value.seat?.attendees).toMatchObject([{ name: 'ada', user: { id: 'ada' } }]);
  for (const left of [1, 0]) {
    expect(client.state.value.user).toMatchObject({ id: 'ada' });
    proxy.cut('RST');
    await when(() => client.state.value.connection === 'reconnecting');
    proxy.resume();
    await when(() => client.state.value.connection === 'connected' && tokens.length === left);
  }
  await when(() => refused.length === 1);
  expect(refused).toMatchObject([{ code: 'TOKEN_EXPIRED' }]);
  expect(client.state.value).toMatchObject({ user: null, invites: [] });
  // The seat stays with its access token.
  expect(client.state.value.seat).not.toBe(null);
});

it('A function of the host that fails for a moment is asked again', async () => {
  const { server, open } = await directory(withUsers);
  const proxy = await startTcpProxy(server.url);
  const ada = open(places(), proxy.url);
  let asked = 0;
  const userToken = () => {
    asked += 1;
    if (asked === 2) throw new Error('the host is away');
    return tokenFor('ada', 600);
  };
  await ada.signIn({ userToken });
  proxy.cut('RST');
  await when(() => ada.state.value.connection === 'reconnecting');
  proxy.resume();
  await when(() => asked === 3);
  const bob = open();
  await bob.signIn({ userToken: tokenFor('bob', 600) });
  await bob.dial('ada');
  await rung(ada);
});

it('A wrong user token is refused, and a name that somebody else holds', async () => {
  const { open } = await directory(withUsers);
  await expect(open().signIn({ userToken: tokenFor('ada', -3600) })).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  await expect(open().signIn({ userToken: 'ada' })).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
  const { signedIn } = await directory();
  await signedIn('Ada');
  await expect(signedIn('ADA')).rejects.toMatchObject({ code: 'NAME_TAKEN' });
});

it('A browser holds its name: another page of it signs in with the same one', async () => {
  const { signedIn } = await directory();
  const { browser } = places();
  await signedIn('Zoë', { ...places(), browser });
  const second = await signedIn('ZOË', { ...places(), browser });
  expect(second.state.value.user).toMatchObject({ id: 'zoë' });
});

it('A user who signs out hears of nothing any more, and leaves nothing behind in the browser', async () => {
  const { signedIn, open } = await directory();
  const ada = await signedIn('Ada');
  const at = places();
  const bob = await signedIn('Bob', at);
  await ada.dial('Bob');
  await bob.decline(await rung(bob));
  expect(bob.state.value.recent).toHaveLength(1);
  await bob.signOut();
  expect(bob.state.value).toMatchObject({ user: null, invites: [], recent: [], inbox: { items: [], unseen: 0 } });
  const reloaded = open(at);
  await reloaded.restore();
  expect(reloaded.state.value).toMatchObject({ user: null, recent: [] });
});

it('An invite without a ring opens a workspace with a PIN, until it is taken back', async () => {
  const { signedIn } = await directory();
  const [ada, bob, eve] = [await signedIn('Ada'), await signedIn('Bob'), await signedIn('Eve')];
  await ada.create({ workspace: { name: 'Room', pin: '2468' }, attendee: {} });
  await ada.invite('Bob', { name: 'Bob Miller' });
  await ada.invite('Eve');
  expect(ada.state.value.outgoing).toMatchObject([
    { user: { id: 'Bob', name: 'Bob Miller' }, isDial: false, isOpen: true, answer: null },
    { user: { id: 'Eve', name: 'Eve' }, isOpen: true },
  ]);
  const invite = await rung(bob);
  expect(invite).toMatchObject({ ring: false, workspace: { name: 'Room' }, from: { name: 'Ada' }, until: null });
  await bob.accept(invite);
  await when(() => ada.state.value.outgoing[0]?.answer === 'accepted');
  expect(ada.state.value.outgoing[0]?.isOpen).toBe(false);
  await rung(eve);
  const [, toEve] = ada.state.value.outgoing;
  await ada.cancelInvite(toEve?.invite ?? { id: '' });
  expect(ada.state.value.outgoing).toMatchObject([{ answer: 'accepted' }, { answer: 'cancelled', isOpen: false }]);
  await when(() => eve.state.value.invites.length === 0);
  // Nobody missed a call.
  expect([eve.state.value.recent, eve.state.value.inbox.unseen, ada.state.value.recent]).toEqual([[], 0, []]);
});

it('A ring into a workspace brings the user onto its call, and does so again', async () => {
  const { signedIn } = await directory();
  const [ada, bob] = [await signedIn('Ada'), await signedIn('Bob')];
  await ada.create({ workspace: {}, attendee: {} });
  await ada.invite('Bob', { ring: true, media: 'audio' });
  const invite = await rung(bob);
  expect(invite).toMatchObject({ ring: true, media: 'audio' });
  await bob.accept(invite);
  await connected(ada, bob);
  await bob.leaveCall();
  await when(() =>
    ada.state.value.seat?.attendees.every(({ id, onCall }) => id === ada.state.value.seat?.self || !onCall),
  );
  // The workspace is for more than this call.
  expect([ada.state.value.ended, bob.state.value.ended]).toEqual([null, null]);
  await ada.invite('Bob', { ring: true });
  await bob.accept(await rung(bob));
  await connected(ada, bob);
});

it('The inbox has older pages, and what the user has seen is seen on all connections', async () => {
  const { signedIn, open } = await directory();
  const [ada, at] = [await signedIn('Ada'), places()];
  const bob = await signedIn('Bob', at);
  const calls = 52;
  for (let call = 0; call < calls; call += 1) {
    await ada.dial('Bob');
    await ada.cancelInvite(sent(ada).invite);
  }
  await when(() => bob.state.value.inbox.items.length === calls);
  expect(bob.state.value.inbox.unseen).toBe(calls);
  expect(bob.state.value.inbox.items.map(({ seq }) => seq)).toEqual(Array.from({ length: calls }, (_, n) => calls - n));
  const other = open({ ...places(), browser: at.browser });
  await other.signIn({ name: 'Bob' });
  const { inbox } = other.state.value;
  expect([inbox.items.length, inbox.unseen, inbox.more]).toEqual([50, calls, true]);
  await other.readOlderInbox();
  expect(other.state.value.inbox).toMatchObject({ more: false, items: { length: calls } });
  expect(other.state.value.inbox.items.at(-1)?.seq).toBe(1);
  await other.markInboxSeen();
  expect(other.state.value.inbox.unseen).toBe(0);
  await when(() => bob.state.value.inbox.unseen === 0 && bob.state.value.inbox.items.every(({ seen }) => seen));
  expect(bob.state.value.recent).toHaveLength(50);
  await ada.dial('Bob');
  await ada.leave();
  await when(() => bob.state.value.inbox.unseen === 1 && other.state.value.inbox.unseen === 1);
});

it('A consultation is open for its client until its provider closes it, and then readable for both', async () => {
  const { signedIn } = await directory();
  const [ada, bob] = [await signedIn('Ada'), await signedIn('Bob')];
  const { id } = await ada.openConsultation({ subject: 'Knee', clients: [{ id: 'bob' }] });
  expect(await rung(bob)).toMatchObject({ ring: false, consultation: id, from: { name: 'Ada' } });
  await when(() => bob.state.value.consultations.length === 1);
  expect(bob.state.value.consultations).toMatchObject([{ id, subject: 'Knee', status: 'open' }]);
  await bob.joinConsultation(id);
  await when(() => ada.state.value.seat?.attendees.length === 2);
  bob.sendMessage('It hurts.');
  await when(() => ada.state.value.chat.messages.length === 1);
  const closed: string[] = [];
  bob.on('consultation-closed', ({ consultation }) => closed.push(consultation.id));
  await ada.closeConsultation(id);
  await when(() => bob.state.value.ended === 'destroyed' && bob.state.value.consultations[0]?.status === 'closed');
  expect(closed).toEqual([id]);
  expect(bob.state.value.invites).toEqual([]);
  for (const user of [ada, bob]) {
    expect((await user.consultationMessages(id)).messages).toMatchObject([
      { text: 'It hurts.', from: { name: 'Bob' } },
    ]);
    await expect(user.joinConsultation(id)).rejects.toMatchObject({ code: 'NO_WAY_IN' });
    expect((await user.consultations({ status: 'closed' })).consultations).toMatchObject([{ id }]);
  }
});

it('Everybody who left a consultation can come back while it is open', async () => {
  const { signedIn, open } = await directory();
  const at = places();
  const [ada, bob, eve] = [await signedIn('Ada', at), await signedIn('Bob'), await signedIn('Eve')];
  const { id } = await ada.openConsultation({ clients: [{ id: 'bob' }] });
  const other = await ada.openConsultation({ clients: [{ id: 'bob' }], externalId: 'visit-7' });
  await when(() => bob.state.value.consultations.length === 2);
  for (const both of [1, 2]) {
    await ada.joinConsultation(id);
    await bob.joinConsultation(id);
    await when(() => ada.state.value.seat?.attendees.length === 2);
    expect([ada.state.value.seat?.isOwner, bob.state.value.seat?.isOwner], `time ${both}`).toEqual([true, false]);
    await ada.leave();
    await bob.leave();
  }
  // A browser that remembers no seat of the owner knows the way by the id of the host system.
  const registered = at.browser.getItem('mesh-workspaces.registrations') ?? '';
  const elsewhere = places();
  elsewhere.browser.setItem('mesh-workspaces.registrations', registered);
  const second = open(elsewhere);
  await second.signIn({ name: 'Ada' });
  await second.joinConsultation(other.id);
  expect(second.state.value.seat?.isOwner).toBe(true);
  await expect(second.joinConsultation(id)).rejects.toMatchObject({ code: 'NO_WAY_IN' });
  await expect(eve.joinConsultation(id)).rejects.toMatchObject({ code: 'NO_SUCH_CONSULTATION' });
});

it('A client who was away finds an open consultation on signing in', async () => {
  const { open } = await directory(withUsers);
  const [ada, bob] = [open(), open()];
  await ada.signIn({ userToken: userToken('ada', { name: 'Ada', mesh: { role: 'owner' } }) });
  const { id } = await ada.openConsultation({ clients: [{ id: 'bob' }], subject: 'Knee' });
  await bob.signIn({ userToken: tokenFor('bob', 600) });
  expect([ada, bob].map(({ state }) => state.value.user?.opensConsultations)).toEqual([true, false]);
  expect(bob.state.value.inbox.items).toMatchObject([{ type: 'consultation-opened', consultation: id }]);
  await when(() => bob.state.value.consultations.length === 1);
  expect(bob.state.value.consultations).toMatchObject([{ id, subject: 'Knee', provider: { name: 'Ada' } }]);
  await bob.joinConsultation(id);
  await when(() => ada.state.value.seat?.attendees.length === 2);
});

it('A consultation that was closed while its client was without a network is open no more, however old it is', async () => {
  const { signedIn, behindProxy } = await directory();
  const ada = await signedIn('Ada');
  const { client: bob, proxy } = await behindProxy('Bob');
  expect(bob.state.value.user?.opensConsultations).toBe(true);
  const first = await ada.openConsultation({ clients: [{ id: 'bob' }] });
  await when(() => bob.state.value.consultations.length === 1);
  proxy.cut('RST');
  await ada.closeConsultation(first.id);
  const second = await ada.openConsultation({ clients: [{ id: 'bob' }] });
  proxy.resume();
  await when(() => bob.state.value.consultations.some(({ id }) => id === second.id));
  expect(bob.state.value.consultations).toMatchObject([{ id: second.id, status: 'open' }]);
});
