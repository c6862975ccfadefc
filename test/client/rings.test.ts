import { expect, it, onTestFinished, vi } from 'vitest';
import { CallKeeper } from '../../src/client/call-keeper.ts';
import { ClientStore } from '../../src/client/client-store.ts';
import { CommandError } from '../../src/client/errors.ts';
import type { Mesh } from '../../src/client/mesh.ts';
import type { Signaling } from '../../src/client/signaling.ts';
import type { NoticeName, NoticePayload } from '../../src/protocol/types.ts';
import { attendee } from './attendee.ts';
import { pass, useVirtualTime } from './clock.ts';

const ann = attendee('_ann', { owner: true });
const bob = attendee('_bob', { connected: false });
const eve = attendee('_eve');

/** The client of somebody seated with Ann, Bob and Eve; the connections note what is asked of them. */
function seated(self: string) {
  const listeners = new Map<string, (payload: never) => void>();
  const asked: { name: string; payload: object }[] = [];
  const offers: string[] = [];
  const dropped: string[] = [];
  /** The ids of the calls whose rings are over. */
  const over = new Set<string>();
  const server = {
    on: (name: string, listener: (payload: never) => void) => void listeners.set(name, listener),
    send() {},
    ask: async (name: string, payload: { call?: { id: string } }) => {
      asked.push({ name, payload });
      await Promise.resolve();
      if (over.has(payload.call?.id ?? '')) throw new CommandError({ code: 'NO_CALL', message: '' });
      return {};
    },
  };
  const peer = {
    ring: async () => ({ type: 'offer', sdp: '' }),
    answerRing: async ({ sdp }: { sdp: string }) => {
      offers.push(sdp);
      return { type: 'answer', sdp: '' };
    },
  };
  const kept: (readonly string[])[] = [];
  const keepOnly = (ids: readonly string[]) => void kept.push(ids);
  const pairs = { find: () => undefined, has: () => false, fresh: () => peer, pair: () => peer };
  const mesh = { ...pairs, keepOnly, drop: (id: string) => void dropped.push(id), close() {} };
  const store = new ClientStore();
  const calls = new CallKeeper(store, server as unknown as Signaling, mesh as unknown as Mesh);
  const workspace = {
    id: '_room',
    name: '',
    avatar: '',
    created: 1,
    token: '',
    admission: 'open' as const,
    isDial: false,
  };
  store.proof = { workspace: { id: '_room' }, attendee: { id: self }, accessToken: 'a token' };
  store.patch({ seat: { workspace, self, isOwner: self === '_ann', attendees: [ann, bob, eve], waiting: [] } });
  const says = <Name extends NoticeName>(name: Name, payload: NoticePayload<Name>) =>
    listeners.get(name)?.(payload as never);
  return { calls, store, says, asked, offers, kept, dropped, over };
}

it('The start of a call rings everybody, also those whose connection is away', async () => {
  const { calls, store, says, asked } = seated('_ann');
  const missed: string[] = [];
  store.on('unanswered', ({ attendee: { id } }) => missed.push(id));
  await calls.startCall();
  expect(asked).toMatchObject([
    { name: 'ring', payload: { callee: { id: '_bob' } } },
    { name: 'ring', payload: { callee: { id: '_eve' } } },
  ]);
  says('unanswered', { callee: { id: '_bob' }, call: { id: store.state.value.call?.id ?? '' } });
  expect(missed).toEqual(['_bob']);
  expect(store.state.value.ringing).toEqual(['_eve']);
});

it('An attendee who reads the workspace anew while it rings is not rung a second time, but one who was away is', async () => {
  const { calls, store, asked } = seated('_ann');
  const rings = () => asked.filter(({ name }) => name === 'ring').length;
  await calls.ring('_eve');
  const again = attendee('_eve', { session: 'page' });
  store.patchAttendee('_eve', { session: 'page' });
  calls.onAttend(again, again);
  await Promise.resolve();
  expect(rings()).toBe(1);
  // What was on its way to an attendee that was away is lost.
  calls.onAttend(again, { ...again, connected: false });
  await vi.waitFor(() => expect(rings()).toBe(2));
  calls.onAttend(attendee('_eve', { session: 'reloaded' }), again);
  await vi.waitFor(() => expect(rings()).toBe(3));
});

it('A ring that comes again after a lost connection is announced once, and answered as it came last', async () => {
  const { calls, store, says, asked, offers } = seated('_eve');
  let announced = 0;
  store.on('ring', () => {
    announced += 1;
  });
  const ring = (id: string, sdp: string) =>
    says('ring', { workspace: { id: '_room' }, caller: ann, offer: { sdp }, call: { id }, nonce: '' });
  ring('call-1', 'first');
  ring('call-1', 'second');
  expect(announced).toBe(1);
  ring('call-2', 'of another call');
  expect(announced).toBe(2);
  await calls.accept();
  expect(offers).toEqual(['of another call']);
  expect(asked).toMatchObject([{ name: 'answer', payload: { caller: { id: '_ann' }, call: { id: 'call-2' } } }]);
  expect(store.state.value.incoming).toBeNull();
});

it('A ring that is being answered outlives news of the workspace, in which it is not answered yet', async () => {
  const { calls, says, kept } = seated('_eve');
  const call = { id: 'call-1', startedAt: 1, connectedAt: null, endsAt: null, participants: ['_ann'], joined: false };
  says('ring', { workspace: { id: '_room' }, caller: ann, offer: { sdp: '' }, call: { id: 'call-1' }, nonce: '' });
  const accepted = calls.accept();
  calls.adopt(call);
  await accepted;
  calls.adopt(call);
  expect(kept).toEqual([['_ann'], []]);
});

it('A refused answer ends the pair, but not one that a later ring of the same caller is about to connect', async () => {
  const { calls, says, dropped, over } = seated('_eve');
  const ring = (id: string) =>
    says('ring', { workspace: { id: '_room' }, caller: ann, offer: { sdp: '' }, call: { id }, nonce: '' });
  over.add('call-1');
  ring('call-1');
  const refused = calls.accept();
  ring('call-2');
  await Promise.all([expect(refused).rejects.toMatchObject({ code: 'NO_CALL' }), calls.accept()]);
  expect(dropped).toEqual([]);
  ring('call-1');
  await expect(calls.accept()).rejects.toMatchObject({ code: 'NO_CALL' });
  expect(dropped).toEqual(['_ann']);
});

it('A refused answer to an outdated ring of a participant leaves the connection with it alone', async () => {
  const { store, says, asked, dropped, over } = seated('_eve');
  store.setCall({
    id: 'call-1',
    startedAt: 1,
    connectedAt: 1,
    endsAt: null,
    participants: ['_ann', '_eve'],
    joined: true,
  });
  over.add('call-1');
  says('ring', { workspace: { id: '_room' }, caller: ann, offer: { sdp: '' }, call: { id: 'call-1' }, nonce: '' });
  await vi.waitFor(() => expect(asked).toMatchObject([{ name: 'answer' }]));
  await new Promise(setImmediate);
  expect(dropped).toEqual([]);
});

it('What the person has accepted is answered by itself, once and within a minute', async () => {
  useVirtualTime();
  onTestFinished(() => void vi.useRealTimers());
  const { calls, store, says, asked } = seated('_eve');
  const ring = (id: string) =>
    says('ring', { workspace: { id: '_room' }, caller: ann, offer: { sdp: '' }, call: { id }, nonce: '' });
  calls.answerNext('_room');
  ring('call-1');
  await pass(0);
  expect(asked).toMatchObject([{ name: 'answer', payload: { call: { id: 'call-1' } } }]);
  ring('call-2');
  expect(store.state.value.incoming?.callId).toBe('call-2');
  await calls.decline();
  calls.answerNext('_room');
  await pass(60_000);
  ring('call-3');
  expect(store.state.value.incoming?.callId).toBe('call-3');
});
