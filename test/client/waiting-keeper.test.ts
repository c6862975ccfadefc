import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallKeeper } from '../../src/client/call-keeper.ts';
import { ClientStore } from '../../src/client/client-store.ts';
import { CommandError } from '../../src/client/errors.ts';
import { SeatKeeper } from '../../src/client/seat-keeper.ts';
import { SeatStorage } from '../../src/client/seat-storage.ts';
import type { Signaling } from '../../src/client/signaling.ts';
import type { WireError } from '../../src/protocol/errors.ts';
import type { NoticeName, NoticePayload } from '../../src/protocol/types.ts';
import { pass, useVirtualTime } from './clock.ts';

beforeEach(useVirtualTime);
afterEach(() => {
  vi.useRealTimers();
});

const workspace = {
  id: '_room',
  name: 'Room',
  avatar: '',
  created: 1,
  token: 'invitation',
  owner: '_ann',
  admission: 'ask' as const,
  rev: 3,
  call: null,
};
const bob = { id: '_bob', name: 'Bob', avatar: '', owner: false, connected: true, onCall: false, mic: true, cam: true };
const granted: NoticePayload<'attendance-granted'> = {
  workspace,
  attendee: bob,
  attendees: { _bob: bob },
  accessToken: 'a token',
  serverNow: 1,
  nonce: '',
};
const place = (at: number) => ({ id: '_bob', place: at, workspace: { id: '_room', name: 'Room' } });
const ann = { ...bob, id: '_ann', name: 'Ann', owner: true };
const asOwner = { ...granted, attendee: ann, attendees: { _ann: ann }, waiting: [] };

/** A server with a waiting room, as a client sees it. */
class DoorServer {
  connected = true;
  /** What `attend` is answered with, in turn; the last one again and again. */
  answers: object[] = [{ waiting: place(1) }];
  readonly asked: { name: string; payload: { session?: string; [member: string]: unknown } }[] = [];
  readonly sent: string[] = [];
  readonly #listeners = new Map<string, ((payload: never) => void)[]>();
  #onConnect = () => {};
  #onDisconnect = () => {};

  says<Name extends NoticeName>(name: Name, payload: NoticePayload<Name>): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(payload as never);
  }

  lose(): void {
    this.connected = false;
    this.#onDisconnect();
  }

  connect(): void {
    this.connected = true;
    this.#onConnect();
  }

  names(): string[] {
    return this.asked.map(({ name }) => name);
  }

  onConnect(listener: () => void): void {
    this.#onConnect = listener;
  }

  onDisconnect(listener: () => void): void {
    this.#onDisconnect = listener;
  }

  on(name: string, listener: (payload: never) => void): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  send(name: string): void {
    this.sent.push(name);
  }

  close(): void {}

  async ask(name: string, payload: object, read?: (answer: object) => void): Promise<object> {
    this.asked.push({ name, payload: { ...payload } });
    if (!this.connected) throw new CommandError('NO_ANSWER');
    const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    if (name !== 'attend' && name !== 're-attend') return {};
    if (answer && 'code' in answer) throw new CommandError(answer as WireError);
    read?.(answer ?? {});
    return answer ?? {};
  }
}

const storageIn = (items: Map<string, string>) =>
  new SeatStorage(
    {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    },
    null,
  );

function client(items = new Map<string, string>()) {
  const server = new DoorServer();
  const storage = storageIn(items);
  const store = new ClientStore();
  const calls = { adopt() {}, hangUpHere() {}, onAttend() {}, forget() {} } as unknown as CallKeeper;
  const seats = new SeatKeeper(store, server as unknown as Signaling, calls, storage);
  server.connect();
  return { server, store, seats, items, state: () => store.state.value };
}

const knock = { token: 'invitation', pin: '1234', attendee: { name: 'Bob' } };

describe('Somebody who has to wait', () => {
  it('has a place, which moves up, and then a seat', async () => {
    const { server, seats, state } = client();
    await seats.attend(knock);
    expect(state()).toMatchObject({ waiting: place(1), seat: null, ended: null });
    server.says('waiting', place(2));
    expect(state().waiting?.place).toBe(2);
    server.says('waiting', { ...place(7), id: '_somebody' });
    expect(state().waiting?.place).toBe(2);
    server.says('attendance-granted', granted);
    expect(state()).toMatchObject({ waiting: null, seat: { self: '_bob' } });
    // So that the server knows that the access token has come.
    expect(server.sent).toContain('attendees');
    seats.close();
  });

  it('keeps the place over a lost connection, without doing anything', async () => {
    const { server, seats, state } = client();
    await seats.attend(knock);
    server.lose();
    expect(state().waiting).toEqual(place(1));
    server.connect();
    await pass(1);
    expect(server.names()).toEqual(['attend', 'attend']);
    const [first, second] = server.asked;
    expect(second?.payload).toEqual(first?.payload);
    expect(second?.payload).toMatchObject({ workspace: { token: 'invitation', pin: '1234' } });
    expect(second?.payload.session).toMatch(/./);
    // Admitted in between: the answer is the seat.
    server.answers = [granted];
    server.lose();
    server.connect();
    await pass(1);
    expect(state()).toMatchObject({ waiting: null, seat: { self: '_bob' } });
    seats.close();
  });

  it('asks again as long as the server cannot answer, and not before the time that it names', async () => {
    const { server, seats, state } = client();
    await seats.attend(knock);
    server.answers = [
      { code: 'BUSY_TRY_AGAIN', message: '' },
      { code: 'LOCKED_OUT', message: '', retryAfter: 30 },
      { waiting: place(1) },
    ];
    server.lose();
    server.connect();
    await pass(2_100);
    expect(server.names()).toHaveLength(3);
    await pass(29_000);
    expect(server.names()).toHaveLength(3);
    await pass(1_100);
    expect(server.names()).toHaveLength(4);
    expect(state().waiting).toEqual(place(1));
    seats.close();
  });

  it.each([
    ['WORKSPACE_GONE', 'destroyed'],
    ['KICKED', 'kicked'],
    ['INVALID_TOKEN', 'place-lost'],
    ['FULL', 'place-lost'],
  ])('whose place is refused with %s learns why it is gone: %s', async (code, ended) => {
    const { server, seats, state, items } = client();
    await seats.attend(knock);
    server.answers = [{ code, message: '' }];
    server.lose();
    server.connect();
    await pass(1);
    expect(state()).toMatchObject({ waiting: null, seat: null, ended });
    expect(items.size).toBe(0);
    seats.close();
  });

  it('learns of being turned away, and of the end of the workspace, and does not ask again', async () => {
    for (const [notice, ended] of [
      ['turned-away', 'turned-away'],
      ['destroyed', 'destroyed'],
    ] as const) {
      const { server, seats, state } = client();
      await seats.attend(knock);
      server.says(notice, {});
      expect(state()).toMatchObject({ waiting: null, ended });
      server.lose();
      server.connect();
      await pass(60_000);
      expect(server.names()).toEqual(['attend']);
      // The person may.
      await seats.attend(knock);
      expect(state()).toMatchObject({ waiting: place(1), ended: null });
      seats.close();
    }
  });

  it('gives up, also while the server cannot be reached, and gives a seat back that comes too late', async () => {
    const { server, seats, state } = client();
    await seats.attend(knock);
    await seats.waiting.giveUp();
    expect(state()).toMatchObject({ waiting: null, ended: null });
    expect(server.names()).toEqual(['attend', 'give-up']);
    server.says('attendance-granted', granted);
    expect(state().seat).toBeNull();
    expect(server.sent).toContain('leave');
    await seats.attend(knock);
    server.lose();
    await seats.waiting.giveUp();
    server.connect();
    await pass(60_000);
    expect(server.names()).toEqual(['attend', 'give-up', 'attend']);
    seats.close();
  });

  it('waits in one place: a person who joins another workspace, or creates one, gives the former place up', async () => {
    const { server, seats } = client();
    await seats.attend(knock);
    await seats.attend(knock);
    await seats.attend({ ...knock, token: 'another' });
    server.answers = [{}];
    await seats.create({ workspace: {}, attendee: {} }).catch(() => {});
    expect(server.names()).toEqual(['attend', 'attend', 'give-up', 'attend', 'give-up', 'create']);
    seats.close();
  });

  it('finds the place again after a reload of the page, whose name stays the same', async () => {
    const { server, seats, items } = client();
    await seats.attend(knock);
    seats.close();
    const reloaded = client(items);
    expect(await reloaded.seats.restore('invitation')).toBe(false);
    expect(reloaded.state().waiting).toEqual(place(1));
    expect(reloaded.server.asked[0]?.payload).toEqual(server.asked[0]?.payload);
    reloaded.server.says('attendance-granted', granted);
    reloaded.server.lose();
    reloaded.server.answers = [granted];
    reloaded.server.connect();
    await pass(1);
    const { name, payload } = reloaded.server.asked.at(-1) ?? {};
    expect([name, payload?.session]).toEqual(['re-attend', server.asked[0]?.payload.session]);
    reloaded.seats.close();
    const elsewhere = client(new Map(items));
    expect(await elsewhere.seats.restore('another')).toBe(false);
    expect(elsewhere.server.names()).toEqual([]);
  });

  it('finds it beside a seat elsewhere that the same page remembers', async () => {
    const { seats, items } = client();
    await seats.attend(knock);
    seats.close();
    storageIn(items).write({ workspace: '_other', attendee: '_bob', accessToken: 'a token', token: 'another' });
    const reloaded = client(items);
    expect(await reloaded.seats.restore('invitation')).toBe(false);
    expect(reloaded.server.names()).toEqual(['attend']);
    expect(reloaded.state().waiting).toEqual(place(1));
    reloaded.seats.close();
  });

  it('finds it also where the server can be reached only later', async () => {
    const { seats, items } = client();
    await seats.attend(knock);
    seats.close();
    const reloaded = client(items);
    reloaded.server.lose();
    const restored = reloaded.seats.restore().catch((error) => error.code);
    await pass(15_000);
    expect(await restored).toBe('NO_ANSWER');
    reloaded.server.connect();
    await pass(1);
    expect(reloaded.state().waiting).toEqual(place(1));
    reloaded.seats.close();
  });

  it('leaves the place to the page that has taken it over', async () => {
    const { server, seats, state, items } = client();
    await seats.attend(knock);
    server.says('superseded', {});
    expect(state()).toMatchObject({ waiting: null, ended: 'superseded' });
    // The other page may share the storage.
    expect(items.size).toBe(1);
    seats.close();
  });
});

describe('The owner', () => {
  it('has the list, and hears of each knock once', async () => {
    const { server, store, seats, state } = client();
    server.answers = [{ ...asOwner, waiting: [{ id: '_eve', name: 'Eve', since: 1 }] }];
    await seats.attend(knock);
    const heard: string[] = [];
    store.on('knock', ({ waiting }) => heard.push(waiting.name));
    server.says('knock', { waiting: { id: '_bob', name: 'Bob', since: 2 } });
    server.says('knock', { waiting: { id: '_bob', name: 'Rob', since: 2 } });
    expect(heard).toEqual(['Bob']);
    expect(state().seat?.waiting.map(({ name }) => name)).toEqual(['Eve', 'Rob']);
    server.says('knock-ended', { waiting: { id: '_eve' } });
    expect(state().seat?.waiting.map(({ id }) => id)).toEqual(['_bob']);
    await seats.waiting.admit('_bob');
    expect(state().seat?.waiting).toEqual([]);
    expect(server.asked.at(-1)).toMatchObject({ name: 'admit', payload: { waiting: { id: '_bob' } } });
    await seats.waiting.setAdmission('open');
    expect(state().seat?.workspace.admission).toBe('open');
    server.says('admission', { admission: 'ask' });
    expect(state().seat?.workspace.admission).toBe('ask');
    seats.close();
  });
});
