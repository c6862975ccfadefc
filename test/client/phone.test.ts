import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withUsers } from '../protocol/users.ts';
import { connected, directory, places, rung, sent, tokenFor, useClients, when } from './users.ts';

useClients();

const docs = readFileSync(new URL('../../docs/users.md', import.meta.url), 'utf8');

it('A user who accepts a call is on it without a further step, and it ends for both', async () => {
  const { signedIn } = await directory();
  const [ada, bob] = [await signedIn('Ada'), await signedIn('Bob')];
  const before = ada.serverNow();
  await ada.dial('Bob', { media: 'audio', name: 'Bob Miller' });
  const calling = sent(ada);
  expect(calling).toMatchObject({ user: { id: 'Bob', name: 'Bob Miller' }, isDial: true, isOpen: true, answer: null });
  expect(calling.since).toBeGreaterThanOrEqual(before);
  const ring = await rung(bob);
  expect(ring).toMatchObject({ ring: true, media: 'audio', from: { name: 'Ada', user: { id: 'ada' } } });
  expect(ring.until).toBeGreaterThan(ring.since);
  await bob.accept(ring);
  await connected(ada, bob);
  for (const { state } of [ada, bob]) expect(state.value.seat?.workspace.isDial).toBe(true);
  expect(ada.state.value.recent).toMatchObject([{ userId: 'Bob', name: 'Bob', isOutgoing: true, result: 'accepted' }]);
  expect(bob.state.value.recent).toMatchObject([{ userId: 'ada', name: 'Ada', isOutgoing: false, result: 'accepted' }]);
  await bob.leaveCall();
  await when(() => ada.state.value.ended === 'destroyed' && bob.state.value.ended === 'destroyed');
});

it('Two users who call each other meet in one call, whoever is first', async () => {
  const { signedIn } = await directory();
  const [ada, bob] = [await signedIn('Ada'), await signedIn('Bob')];
  for (const start of [
    () => Promise.all([ada.dial('Bob'), bob.dial('Ada')]),
    () => Promise.all([bob.dial('Ada'), ada.dial('Bob')]),
    () => ada.dial('Bob').then(() => bob.dial('Ada')),
    () =>
      ada
        .dial('Bob')
        .then(() => rung(bob))
        .then(() => bob.dial('Ada')),
  ]) {
    await start();
    await connected(ada, bob);
    expect(ada.state.value.seat?.workspace.id).toBe(bob.state.value.seat?.workspace.id);
    await ada.leave();
    await when(() => bob.state.value.seat === null);
    expect([ada.state.value.inbox.unseen, bob.state.value.inbox.unseen]).toEqual([0, 0]);
  }
});

it('A call rings the user who accepted once, and needs one connection on each side', async () => {
  const { signedIn, connectionsMade } = await directory();
  const [ada, bob] = [await signedIn('Ada'), await signedIn('Bob')];
  const ways = [
    () =>
      ada
        .dial('Bob')
        .then(() => rung(bob))
        .then((ring) => bob.accept(ring)),
    // The later one comes to the call of the earlier one, and reads at once who is there.
    () => ada.dial('Bob').then(() => bob.dial('Ada')),
  ];
  for (const call of [...ways, ...ways, ...ways]) {
    const before = connectionsMade();
    await call();
    await connected(ada, bob);
    await when(() => ada.state.value.seat?.attendees.every(({ onCall }) => onCall));
    expect(connectionsMade() - before).toBe(2);
    await ada.leave();
    await when(() => bob.state.value.seat === null);
  }
});

it('A caller hears that the user declined, is busy or away, and a user that a call was missed', async () => {
  const { signedIn } = await directory();
  const [ada, bob, eve] = [await signedIn('Ada'), await signedIn('Bob'), await signedIn('Eve')];
  const answers: string[] = [];
  ada.on('invite-answered', ({ answer }) => answers.push(answer));
  await ada.dial('Bob');
  await bob.decline(await rung(bob));
  await when(() => ada.state.value.ended === 'destroyed');
  expect(sent(ada)).toMatchObject({ isOpen: false, answer: 'declined' });
  await ada.dial('Bob');
  await bob.decline(await rung(bob), 'busy');
  await when(() => ada.state.value.ended === 'destroyed');
  expect(sent(ada)).toMatchObject({ isOpen: false, answer: 'busy' });
  expect(bob.state.value.inbox.unseen).toBe(0);
  await bob.dial('Eve');
  await ada.dial('Bob');
  await when(() => ada.state.value.ended === 'destroyed');
  expect(sent(ada)).toMatchObject({ isOpen: false, answer: 'busy' });
  expect(answers).toEqual(['declined', 'busy', 'busy']);
  expect(ada.state.value.recent.map(({ result }) => result)).toEqual(['busy', 'busy', 'declined']);
  await when(() => bob.state.value.inbox.unseen === 1);
  expect(bob.state.value.inbox.items).toMatchObject([{ type: 'missed-call', from: { name: 'Ada' } }]);
  expect(bob.state.value.recent.find(({ isOutgoing }) => !isOutgoing)).toMatchObject({
    userId: 'ada',
    result: 'missed',
  });
  await rung(eve);
});

it('A caller who gives up ends the call, also where the user accepts at that very moment', async () => {
  const { signedIn, behindProxy } = await directory();
  const { client: ada, proxy } = await behindProxy('Ada');
  const bob = await signedIn('Bob');
  await ada.dial('Bob');
  await rung(bob);
  await ada.cancelInvite(sent(ada).invite);
  await when(() => bob.state.value.invites.length === 0 && bob.state.value.inbox.unseen === 1);
  await when(() => ada.state.value.seat === null);
  expect(sent(ada)).toMatchObject({ isOpen: false, answer: 'cancelled' });
  expect(ada.state.value.recent).toMatchObject([{ result: 'cancelled' }]);

  await ada.dial('Bob');
  const ring = await rung(bob);
  proxy.stall('down');
  await bob.accept(ring);
  const cancelled = ada.cancelInvite(sent(ada).invite);
  proxy.resume();
  await cancelled;
  await when(() => ada.state.value.seat === null && bob.state.value.seat === null);
});

it('A call that nobody answers is over by itself, and can be made again', async () => {
  const { signedIn } = await directory({ RING_TIMEOUT_SECONDS: '0.5' });
  const [ada, bob] = [await signedIn('Ada'), await signedIn('Bob')];
  const ended: string[] = [];
  bob.on('invite-ended', ({ reason }) => ended.push(reason));
  for (const missed of [1, 2]) {
    await ada.dial('Bob');
    await when(() => ada.state.value.ended === 'destroyed');
    expect(sent(ada)).toMatchObject({ isOpen: false, answer: 'unanswered' });
    await when(() => bob.state.value.inbox.unseen === missed);
    expect(bob.state.value.invites).toEqual([]);
  }
  expect(ended).toEqual(['unanswered', 'unanswered']);
  expect(bob.state.value.recent).toMatchObject([{ result: 'missed' }, { result: 'missed' }]);
  expect(ada.state.value.recent).toMatchObject([{ result: 'unanswered' }, { result: 'unanswered' }]);
});

it('A user who is away is rung on coming back within the time of the ring', async () => {
  const { open } = await directory(withUsers);
  const [ada, bob] = [open(), open()];
  await ada.signIn({ userToken: tokenFor('ada', 600) });
  await ada.dial('bob');
  await when(() => sent(ada).answer === 'away');
  expect(sent(ada).isOpen).toBe(true);
  await bob.signIn({ userToken: tokenFor('bob', 600) });
  await bob.accept(await rung(bob));
  await connected(ada, bob);
});

it('A call that another connection of the user answers stops to ring, and is not missed', async () => {
  const { signedIn } = await directory();
  const { browser } = places();
  const ada = await signedIn('Ada');
  const [desk, phone] = [
    await signedIn('Bob', { ...places(), browser }),
    await signedIn('Bob', { ...places(), browser }),
  ];
  const ended: string[] = [];
  desk.on('invite-ended', ({ reason }) => ended.push(reason));
  await ada.dial('Bob');
  await rung(desk);
  await phone.accept(await rung(phone));
  await connected(ada, phone);
  await when(() => desk.state.value.invites.length === 0);
  expect(desk.state.value).toMatchObject({ seat: null, inbox: { unseen: 0 } });
  await ada.leave();
  await when(() => phone.state.value.seat === null);
  await ada.dial('Bob');
  await desk.decline(await rung(desk));
  await when(() => phone.state.value.invites.length === 0);
  expect(ended).toEqual(['accepted']);
});

it('A user whose connection is lost while it rings can still accept', async () => {
  const { signedIn, behindProxy } = await directory();
  const ada = await signedIn('Ada');
  const { client: bob, proxy } = await behindProxy('Bob');
  await ada.dial('Bob');
  const { since } = await rung(bob);
  proxy.cut('RST');
  await when(() => bob.state.value.connection === 'reconnecting');
  proxy.resume();
  await when(() => bob.state.value.connection === 'connected');
  const ring = await rung(bob);
  expect(ring.since).toBe(since);
  await bob.accept(ring);
  await connected(ada, bob);
});

it('A ring ends by its time without a connection, and is missed when the connection is back', async () => {
  const { signedIn, behindProxy } = await directory({ RING_TIMEOUT_SECONDS: '1' });
  const ada = await signedIn('Ada');
  const { client: bob, proxy } = await behindProxy('Bob');
  await ada.dial('Bob');
  await rung(bob);
  proxy.cut('RST');
  await when(() => bob.state.value.invites.length === 0);
  expect(bob.state.value.connection).toBe('reconnecting');
  proxy.resume();
  await when(() => bob.state.value.inbox.unseen === 1);
  expect(bob.state.value.recent).toMatchObject([{ result: 'missed' }]);
});

it('A caller whose connection is lost while it rings hears on coming back what became of it', async () => {
  const { signedIn, behindProxy } = await directory();
  const { client: ada, proxy } = await behindProxy('Ada');
  const bob = await signedIn('Bob');
  await ada.dial('Bob');
  const ring = await rung(bob);
  proxy.cut('RST');
  await when(() => ada.state.value.connection === 'reconnecting');
  await bob.accept(ring);
  proxy.resume();
  await connected(ada, bob);
  await bob.leave();
  await when(() => ada.state.value.seat === null);

  await ada.dial('Bob');
  const again = await rung(bob);
  proxy.cut('RST');
  await when(() => ada.state.value.connection === 'reconnecting');
  await bob.decline(again);
  proxy.resume();
  await when(() => ada.state.value.ended === 'destroyed');
  expect(sent(ada)).toMatchObject({ isOpen: false, answer: 'over' });
  expect(ada.state.value.recent).toMatchObject([{ result: 'over' }, { result: 'accepted' }]);
});

it('A caller who reloads the page while it rings still calls, and can give up', async () => {
  const { signedIn, open } = await directory();
  const bob = await signedIn('Bob');
  const at = places();
  const first = await signedIn('Ada', at);
  await first.dial('Bob', { name: 'Bob Miller' });
  const ring = await rung(bob);
  const calling = sent(first);
  first.close();
  const second = open(at);
  expect(await second.restore()).toBe(true);
  expect(second.state.value.outgoing).toEqual([calling]);
  expect(second.state.value.recent).toMatchObject([{ name: 'Bob Miller', result: null }]);
  await bob.accept(ring);
  await connected(second, bob);
  await second.leave();

  await second.dial('Bob');
  await rung(bob);
  second.close();
  const third = open(at);
  await third.restore();
  await third.cancelInvite(sent(third).invite);
  await when(() => bob.state.value.invites.length === 0 && bob.state.value.inbox.unseen === 1);
});

it('A reload keeps the name, what rings, the call and the recent calls', async () => {
  const { open, signedIn } = await directory();
  const ada = await signedIn('Ada');
  const at = places();
  const first = await signedIn('Bob', at);
  await ada.dial('Bob');
  await rung(first);
  first.close();
  const second = open(at);
  await second.restore();
  await second.accept(await rung(second));
  await connected(ada, second);
  second.close();
  const third = open(at);
  expect(await third.restore()).toBe(true);
  await connected(third, ada);
  expect(third.state.value.user).toMatchObject({ name: 'Bob' });
  expect(third.state.value.recent).toMatchObject([{ name: 'Ada', result: 'accepted' }]);
});

it('A user who reloads the page between accepting and being connected need not accept again', async () => {
  const { signedIn, behindProxy, open } = await directory();
  const { client: ada, proxy } = await behindProxy('Ada');
  const at = places();
  const first = await signedIn('Bob', at);
  await ada.dial('Bob');
  const ring = await rung(first);
  // The caller hears of it when the page of before is gone already.
  proxy.stall('down');
  await first.accept(ring);
  first.close();
  const second = open(at);
  await second.restore();
  proxy.resume();
  await connected(ada, second);
});

it('The phone in docs/users.md calls, is called and hangs up, as printed', async () => {
  const { open } = await directory(withUsers);
  const [, example = ''] = /```js\n(import \{ MeshClient \}[\s\S]*?)```/.exec(docs) ?? [];
  const code = example.replace(/^import .*\n/, '');
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
  const phone = async (sub: string) => {
    const screen: { text: string; buttons: Record<string, () => Promise<void>> } = { text: '', buttons: {} };
    const show = (text: string, buttons: typeof screen.buttons) => Object.assign(screen, { text, buttons });
    const fetch = async (path: string) => new Response(path === '/user-token' ? tokenFor(sub, 600) : '');
    function MeshClient() {
      return open();
    }
    await new AsyncFunction('MeshClient', 'fetch', 'show', code)(MeshClient, fetch, show);
    return screen;
  };
  const bob = await phone('4711');
  const ada = await phone('ada');
  const shows = (screen: { text: string }, text: string) => when(() => screen.text === text);
  await shows(ada, '0 new in the inbox');
  await ada.buttons.call?.();
  await shows(ada, 'Calling Bob');
  await shows(bob, 'ada calls you');
  await bob.buttons.decline?.();
  await shows(ada, 'Bob: declined, 0 new in the inbox');
  await ada.buttons.call?.();
  await shows(bob, 'ada calls you');
  await ada.buttons.cancel?.();
  await shows(ada, 'Bob: cancelled, 0 new in the inbox');
  await shows(bob, '1 new in the inbox');
  await ada.buttons.call?.();
  await shows(bob, 'ada calls you');
  await bob.buttons.accept?.();
  await shows(ada, 'On a call');
  await shows(bob, 'On a call');
  await bob.buttons['hang up']?.();
  await shows(ada, '0 new in the inbox');
  await shows(bob, '1 new in the inbox');
});
