import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MeshClient } from '../../src/client/mesh-client.ts';
import type { StoragePlace } from '../../src/client/storage.ts';
import { startServer } from '../support/fixtures.ts';
import { FakeMediaStream, FakeNetwork } from './fake-rtc.ts';
import { Random } from './random.ts';

const clients: MeshClient[] = [];

beforeEach(() => {
  vi.stubGlobal('MediaStream', FakeMediaStream);
  vi.stubGlobal('navigator', {});
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  vi.unstubAllGlobals();
});

function place(): StoragePlace {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

async function directory() {
  const { url } = await startServer({ USERS: 'open' });
  const network = new FakeNetwork(new Random(1));
  const open = (storage = place(), ownerStorage = place()) => {
    const client = new MeshClient({
      url,
      storage,
      ownerStorage,
      createConnection: (configuration) => network.create(configuration, '') as unknown as RTCPeerConnection,
    });
    clients.push(client);
    return client;
  };
  const signedIn = async (name: string) => {
    const client = open();
    await client.signIn({ name });
    return client;
  };
  return { open, signedIn };
}

const when = (condition: () => unknown) => expect.poll(condition, { timeout: 10_000 }).toBeTruthy();
const isOnCall = (client: MeshClient) => client.state.value.call?.participants.length === 2;
const rung = async (client: MeshClient) => {
  await when(() => client.state.value.invites.length === 1);
  const [invite] = client.state.value.invites;
  if (!invite) throw new Error('nothing rings');
  return invite;
};

it('A user who accepts a call is on it without a further step, and it ends for both', async () => {
  const { signedIn } = await directory();
  const [ada, bob] = [await signedIn('Ada'), await signedIn('Bob')];
  await ada.dial('Bob', { media: 'audio' });
  expect(ada.state.value.outgoing).toMatchObject([{ user: { id: 'Bob' }, isDial: true, isOpen: true }]);
  await bob.accept(await rung(bob));
  await when(() => isOnCall(ada) && isOnCall(bob));
  expect(bob.state.value).toMatchObject({ invites: [], incoming: null });
  await bob.leaveCall();
  await when(() => ada.state.value.ended === 'destroyed' && bob.state.value.ended === 'destroyed');
});

it('Two users who call each other meet in one call', async () => {
  const { signedIn } = await directory();
  const [ada, bob] = [await signedIn('Ada'), await signedIn('Bob')];
  await Promise.all([ada.dial('Bob'), bob.dial('Ada')]);
  await when(() => isOnCall(ada) && isOnCall(bob));
  expect(ada.state.value.seat?.workspace.id).toBe(bob.state.value.seat?.workspace.id);
});

it('A caller hears that the user declined, is busy or away, and a user that a call was missed', async () => {
  const { signedIn } = await directory();
  const [ada, bob, eve] = [await signedIn('Ada'), await signedIn('Bob'), await signedIn('Eve')];
  const answers: string[] = [];
  ada.on('invite-answered', ({ answer }) => answers.push(answer));
  await ada.dial('Bob');
  await bob.decline(await rung(bob));
  await when(() => answers.at(-1) === 'declined' && ada.state.value.ended === 'destroyed');
  await ada.dial('Bob');
  await rung(bob);
  await ada.leave();
  await when(() => bob.state.value.inbox.unseen === 1 && bob.state.value.invites.length === 0);
  expect(bob.state.value.inbox.items).toMatchObject([{ type: 'missed-call', from: { name: 'Ada' } }]);
  await bob.markInboxSeen();
  expect(bob.state.value.inbox.unseen).toBe(0);
  await bob.dial('Eve');
  await ada.dial('Bob');
  await when(() => answers.at(-1) === 'busy');
  await rung(eve);
});

it('A reload keeps the name, what rings, and the call', async () => {
  const { open, signedIn } = await directory();
  const ada = await signedIn('Ada');
  const [page, browser] = [place(), place()];
  const first = open(page, browser);
  await first.signIn({ name: 'Bob' });
  await ada.dial('Bob');
  await rung(first);
  first.close();
  const second = open(page, browser);
  await second.restore();
  await second.accept(await rung(second));
  await when(() => isOnCall(ada) && isOnCall(second));
  second.close();
  const third = open(page, browser);
  expect(await third.restore()).toBe(true);
  await when(() => isOnCall(third) && isOnCall(ada));
  expect(third.state.value.user).toMatchObject({ name: 'Bob' });
});

it('A consultation is open for its client until its provider closes it', async () => {
  const { signedIn } = await directory();
  const [ada, bob] = [await signedIn('Ada'), await signedIn('Bob')];
  const { id } = await ada.openConsultation({ subject: 'Knee', clients: [{ id: 'bob' }] });
  await bob.accept(await rung(bob));
  await when(() => ada.state.value.seat?.attendees.length === 2);
  expect((await bob.consultations({ status: 'open' })).consultations).toMatchObject([{ id, subject: 'Knee' }]);
  await ada.closeConsultation(id);
  await when(() => bob.state.value.ended === 'destroyed' && bob.state.value.consultations[0]?.status === 'closed');
});
