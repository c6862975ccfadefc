import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CallKeeper } from '../../src/client/call-keeper.ts';
import { ClientStore } from '../../src/client/client-store.ts';
import { CommandError } from '../../src/client/errors.ts';
import { SeatKeeper } from '../../src/client/seat-keeper.ts';
import { SeatStorage } from '../../src/client/seat-storage.ts';
import type { Signaling } from '../../src/client/signaling.ts';
import type { WireError } from '../../src/protocol/errors.ts';
import { pass, useVirtualTime } from './clock.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const attendee = { id: '_bob', name: 'Bob', avatar: '', connected: true, onCall: false, mic: false, cam: false };
const workspace = { id: '_room', name: 'Room', avatar: '', created: 1, token: 'invitation', owner: '_ann', call: null };
const granted = {
  workspace,
  attendee: { ...attendee, owner: false },
  attendees: { _bob: { ...attendee, owner: false } },
  accessToken: 'a newer token',
};

/** A server that cannot be reached yet, and grants every seat once it can, after some refusals. */
class LateServer {
  connected = false;
  readonly refusals: WireError[] = [];
  readonly asked: string[] = [];
  #listener = () => {};

  connect(): void {
    this.connected = true;
    this.#listener();
  }

  onConnect(listener: () => void): void {
    this.#listener = listener;
  }
  onDisconnect(): void {}
  on(): void {}
  send(): void {}

  async ask(name: string, _payload: object, read: (answer: object) => void) {
    this.asked.push(name);
    const refusal = this.refusals.shift();
    if (refusal) throw new CommandError(refusal);
    read(granted);
    return granted;
  }
}

function restoring(server: LateServer) {
  const stored = { workspace: '_room', attendee: '_bob', accessToken: 'a token', token: 'invitation' };
  const items = new Map<string, string>();
  const storage = new SeatStorage(
    {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    },
    null,
  );
  storage.write(stored);
  const store = new ClientStore();
  const calls = { adopt() {}, hangUpHere() {} } as unknown as CallKeeper;
  return { store, seats: new SeatKeeper(store, server as unknown as Signaling, calls, storage) };
}

it('A seat that a reload left comes back, however late the server can be reached', async () => {
  const server = new LateServer();
  const { store, seats } = restoring(server);
  const restored = seats.restore().catch((error) => error.code);
  await pass(15_000);
  expect(await restored).toBe('NO_ANSWER');
  expect(store.state.value.seat).toBeNull();
  server.connect();
  await pass(100);
  expect(store.state.value.seat?.self).toBe('_bob');
  expect(server.asked).toEqual(['re-attend']);
  seats.close();
});

it('A busy server says when to try again, and the client stays away until then', async () => {
  const server = new LateServer();
  const { store, seats } = restoring(server);
  server.refusals.push({ code: 'BUSY_TRY_AGAIN', message: 'Busy.', retryAfter: 12 });
  server.connected = true;
  void seats.restore();
  await pass(11_900);
  expect(server.asked).toEqual(['re-attend']);
  await pass(6_200);
  expect(server.asked).toEqual(['re-attend', 're-attend']);
  expect(store.state.value.seat?.self).toBe('_bob');
  seats.close();
});

it('A client that takes another seat is not held up by one that has just ended', async () => {
  const server = new LateServer();
  server.connected = true;
  const { store, seats } = restoring(server);
  await seats.restore();
  server.refusals.push({ code: 'WORKSPACE_GONE', message: 'It is closed.' });
  await seats.leaveFor(null);
  expect(store.state.value).toMatchObject({ seat: null, ended: 'left' });
  seats.close();
});
