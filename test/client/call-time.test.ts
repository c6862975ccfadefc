import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CallKeeper } from '../../src/client/call-keeper.ts';
import { type ClientEvent, ClientStore } from '../../src/client/client-store.ts';
import type { Mesh } from '../../src/client/mesh.ts';
import type { Signaling } from '../../src/client/signaling.ts';
import type { AttendeeRecord } from '../../src/client/state.ts';
import { describeNewEnd, elapsed, isEndingSoon, secondsUntil } from '../../src/page/workspace/call-time.ts';
import type { NoticeName, NoticePayload } from '../../src/protocol/types.ts';
import { pass, useVirtualTime } from './clock.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

/** A server whose notices a test says. */
class Prompter {
  readonly #listeners = new Map<string, (payload: never) => void>();
  readonly asked: { name: string; payload: unknown }[] = [];
  answer: unknown = {};

  on(name: string, listener: (payload: never) => void): void {
    this.#listeners.set(name, listener);
  }
  send(): void {}
  async ask(name: string, payload: unknown): Promise<unknown> {
    this.asked.push({ name, payload });
    return this.answer;
  }
  says<Name extends NoticeName>(name: Name, payload: NoticePayload<Name>): void {
    this.#listeners.get(name)?.(payload as never);
  }
}

const attendee = (id: string, owner: boolean): AttendeeRecord => ({
  id,
  name: id,
  avatar: '',
  owner,
  connected: true,
  onCall: true,
  mic: true,
  cam: true,
});
const ann = attendee('_ann', true);
const bob = attendee('_bob', false);

/** Ann's client, on a call with Bob that ends in ten minutes; the clock of its device is wrong by `ahead` ms. */
function onCall(ahead = 0) {
  const store = new ClientStore();
  const server = new Prompter();
  const noConnections = { find: () => undefined, has: () => true, close() {}, drop() {} } as unknown as Mesh;
  const calls = new CallKeeper(store, server as unknown as Signaling, noConnections);
  const workspace = {
    id: '_room',
    name: 'Room',
    avatar: '',
    created: 1,
    token: 'invitation',
    admission: 'open' as const,
    isDial: false,
  };
  store.proof = { workspace: { id: '_room' }, attendee: { id: '_ann' }, accessToken: 'a token' };
  store.patch({ seat: { workspace, self: '_ann', isOwner: true, attendees: [ann, bob], waiting: [] } });
  const serverNow = () => Date.now() - ahead;
  const begun = serverNow();
  const endsAt = begun + 10 * MINUTE;
  server.says('call-joined', {
    attendee: { id: '_ann' },
    call: { id: 'call-1', startedAt: begun, connectedAt: begun, endsAt },
    participants: ['_ann', '_bob'],
    rev: 3,
    serverNow: begun,
  });
  const events: ClientEvent[] = [];
  for (const type of ['call-ending', 'call-extended', 'time-over', 'hangup'] as const) {
    store.on(type, (event) => events.push(event));
  }
  const call = () => store.state.value.call ?? expect.fail('there is no call');
  return { store, server, calls, events, call, endsAt, serverNow };
}

describe('The time of a call', () => {
  it.each([-HOUR, 0, HOUR])('is right although the clock of the device is wrong by %i ms', async (ahead) => {
    const { store, call, endsAt } = onCall(ahead);
    await pass(90 * SECOND);
    expect(elapsed(call(), store.clock.now())).toBe(90);
    expect(call().endsAt).toBe(endsAt);
    expect(secondsUntil(endsAt, store.clock.now())).toBe(510);
    expect(isEndingSoon(call(), store.clock.now())).toBe(false);
    vi.setSystemTime(Date.now() + HOUR);
    await pass(210 * SECOND);
    expect(secondsUntil(endsAt, store.clock.now())).toBe(300);
    expect(isEndingSoon(call(), store.clock.now())).toBe(true);
  });

  it('has a new end that is said as what it is: later, earlier, the first one, or none', () => {
    const describe = (endsAt: number | null, former: number | null) => describeNewEnd({ endsAt, former }, 0);
    expect(describe(20 * MINUTE, 5 * MINUTE)).toBe('The call was extended. It ends in 20 minutes.');
    expect(describe(90 * SECOND, 5 * MINUTE)).toBe('The call ends earlier than before, in 90 seconds.');
    expect(describe(4 * MINUTE + 200, 5 * MINUTE)).toBe('The call ends earlier than before, in 4 minutes.');
    expect(describe(MINUTE, null)).toBe('The call has a limit now. It ends in 1 minute.');
    expect(describe(null, MINUTE)).toBe('The call was extended. It has no limit any more.');
  });

  it('has begun for nobody before the second participant is there', () => {
    const { call } = onCall();
    expect(elapsed({ ...call(), connectedAt: null }, Date.now() + HOUR)).toBe(0);
  });

  it('runs out: warnings, then the end for the owner too, which nobody hung up', async () => {
    const { store, server, events, call, endsAt, serverNow } = onCall();
    await pass(9 * MINUTE);
    server.says('call-ending', { call: { id: 'call-1' }, endsAt, serverNow: serverNow() });
    server.says('call-ending', { call: { id: 'another' }, endsAt, serverNow: serverNow() });
    expect(events).toEqual([{ type: 'call-ending', endsAt }]);
    expect(call().joined).toBe(true);
    server.says('hangup', { attendee: ann, call: { id: 'call-1' }, reason: 'time-limit' });
    expect(store.state.value.call).toBeNull();
    expect(events.slice(1)).toEqual([{ type: 'time-over' }]);
  });

  it('can be extended, by this owner or by somebody else', async () => {
    const { server, calls, events, call, endsAt, serverNow } = onCall();
    const later = endsAt + 5 * MINUTE;
    server.answer = { call: { id: 'call-1' }, endsAt: later, serverNow: serverNow() };
    await calls.extend(300);
    expect(server.asked).toEqual([
      {
        name: 'extend-call',
        payload: {
          workspace: { id: '_room' },
          attendee: { id: '_ann' },
          accessToken: 'a token',
          call: { id: 'call-1' },
          seconds: 300,
        },
      },
    ]);
    expect(call().endsAt).toBe(later);
    server.says('call-extended', { call: { id: 'call-1' }, endsAt: null, serverNow: serverNow() });
    expect(call().endsAt).toBeNull();
    expect(events).toEqual([
      { type: 'call-extended', endsAt: later, former: endsAt },
      { type: 'call-extended', endsAt: null, former: later },
    ]);
  });
});
