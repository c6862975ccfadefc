import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CallKeeper } from '../../src/client/call-keeper.ts';
import { ClientStore } from '../../src/client/client-store.ts';
import { Observable } from '../../src/client/observable.ts';
import { SeatKeeper } from '../../src/client/seat-keeper.ts';
import { SeatStorage } from '../../src/client/seat-storage.ts';
import type { Signaling } from '../../src/client/signaling.ts';

/** The errors that a browser would report as uncaught ones of the page. */
let reported: unknown[];

beforeEach(() => {
  reported = [];
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('queueMicrotask', (task: () => void) => {
    try {
      task();
    } catch (error) {
      reported.push(error);
    }
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const ann = {
  id: '_ann',
  name: 'Ann',
  avatar: '',
  owner: true,
  connected: true,
  onCall: false,
  mic: false,
  cam: false,
};
const workspace = { id: '_room', name: 'Room', avatar: '', created: 1, token: 'invitation', owner: '_ann', rev: 1 };

const server = {
  connected: true,
  ask: async (_name: string, _payload: object, read: (answer: object) => void) =>
    read({ workspace, attendee: ann, accessToken: 'a token' }),
  on() {},
  onConnect() {},
  onDisconnect() {},
  send() {},
} as unknown as Signaling;

const bug = new Error('a bug of the host application');
const fail = () => {
  throw bug;
};

describe('A listener of the host application that throws', () => {
  it('lets a command succeed, whatever the state tells it meanwhile, and its error is reported as its own', async () => {
    const store = new ClientStore();
    const calls = { adopt() {} } as unknown as CallKeeper;
    const seats = new SeatKeeper(store, server, calls, new SeatStorage(null, null));
    store.state.subscribe(fail);
    await seats.create({ workspace: {}, attendee: {} });
    expect(store.state.value.seat?.self).toBe('_ann');
    expect(reported).toEqual([bug]);
    seats.close();
  });

  it('keeps neither a change of a value nor an event from the others', () => {
    const store = new ClientStore();
    const heard: string[] = [];
    store.on('attend', fail);
    store.on('attend', ({ attendee }) => heard.push(attendee.name));
    store.emit('attend', ann);
    const value = new Observable(1);
    value.subscribe(fail);
    value.subscribe((now) => heard.push(String(now)));
    value.set(2);
    expect(heard).toEqual(['Ann', '2']);
    expect(reported).toEqual([bug, bug]);
  });
});

describe('A listener that changes the value itself', () => {
  it('leaves nobody with a former value', () => {
    const value = new Observable(0);
    const heard: number[] = [];
    value.subscribe((now) => now < 3 && value.set(now + 1));
    value.subscribe((now) => heard.push(now));
    value.set(1);
    expect(value.value).toBe(3);
    expect(heard.at(-1)).toBe(3);
  });

  it('ends the subscription of another one at once', () => {
    const value = new Observable(0);
    const heard: number[] = [];
    value.subscribe(() => end());
    const end = value.subscribe((now) => heard.push(now));
    value.set(1);
    expect(heard).toEqual([]);
  });
});
