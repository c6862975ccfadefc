import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TransportChoice } from '../../src/client/transport-choice.ts';
import { useVirtualTime } from './clock.ts';

const HOUR = 60 * 60_000;
const SERVER = 'https://calls.example';
const webSocketFirst = ['websocket', 'polling'];
const pollingFirst = ['polling', 'websocket'];

let items: Map<string, string>;
let place: {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
};

beforeEach(() => {
  useVirtualTime();
  items = new Map();
  place = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
});
afterEach(() => {
  vi.useRealTimers();
});

const next = (choice: TransportChoice) => choice.begin().transports;
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

/** Finds out that WebSocket stays silent, and that polling works. */
function wayAround(choice = new TransportChoice(place, SERVER)): TransportChoice {
  expect(next(choice)).toEqual(webSocketFirst);
  choice.failed(true);
  expect(next(choice)).toEqual(pollingFirst);
  choice.connected(false);
  return choice;
}

describe('The choice of a transport', () => {
  it('is WebSocket, and stays so where attempts fail at once, as while a server restarts', () => {
    const choice = new TransportChoice(place, SERVER);
    for (let count = 0; count < 5; count += 1) {
      expect(next(choice)).toEqual(webSocketFirst);
      choice.failed(false);
    }
    expect(next(choice)).toEqual(webSocketFirst);
    choice.connected(false);
    expect(items.size).toBe(0);
  });

  it('has an answer by polling within 15 s where WebSocket stays silent, also after WebSocket had worked', () => {
    const choice = new TransportChoice(place, SERVER);
    expect(choice.begin().limitMs).toBeLessThanOrEqual(6_000);
    choice.connected(true);
    choice.lostWebSocket(false, HOUR);
    expect(choice.begin().limitMs).toBeLessThanOrEqual(12_000);
    choice.failed(true);
    expect(next(choice)).toEqual(pollingFirst);
  });

  it('remembers for the next page, for a day, that WebSocket stays silent', () => {
    wayAround();
    expect(next(new TransportChoice(place, 'https://other.example'))).toEqual(webSocketFirst);
    later(23 * HOUR);
    const visit = new TransportChoice(place, SERVER);
    expect(next(visit)).toEqual(pollingFirst);
    visit.connected(false);
    // A visit does not make the day longer, and a page that stays open notices its end.
    later(2 * HOUR);
    expect(next(visit)).toEqual(webSocketFirst);
    expect(next(new TransportChoice(place, SERVER))).toEqual(webSocketFirst);
  });

  it('forgets it as soon as a WebSocket has carried messages for a while', () => {
    const choice = wayAround();
    choice.lostWebSocket(false, 1_000);
    expect(next(new TransportChoice(place, SERVER))).toEqual(pollingFirst);
    choice.lostWebSocket(true, HOUR);
    expect(items.size).toBe(0);
    expect(next(choice)).toEqual(webSocketFirst);
  });

  it('is polling alone where WebSockets connect and then fall silent', () => {
    const choice = new TransportChoice(place, SERVER);
    next(choice);
    choice.connected(true);
    choice.lostWebSocket(true, 20_000);
    expect(next(choice)).toEqual(['polling']);
    choice.connected(false);
    expect(next(choice)).toEqual(['polling']);
    // It may have been a laptop that was closed: the next page tries once more, for the rest of the day only once.
    const visit = new TransportChoice(place, SERVER);
    expect(next(visit)).toEqual(pollingFirst);
    visit.connected(false);
    visit.lostWebSocket(true, 20_000);
    expect(next(visit)).toEqual(['polling']);
    visit.connected(false);
    expect(next(new TransportChoice(place, SERVER))).toEqual(['polling']);
    later(25 * HOUR);
    for (const each of [choice, visit]) expect(next(each)).toEqual(webSocketFirst);
  });

  it('is WebSocket again after a WebSocket that was good for minutes fell silent: the network was away', () => {
    const choice = new TransportChoice(place, SERVER);
    next(choice);
    choice.connected(true);
    choice.lostWebSocket(true, 5 * 60_000);
    expect(next(choice)).toEqual(webSocketFirst);
  });

  it('tries WebSocket where polling does not lead there, as with many nodes behind a balancer without stickiness', () => {
    const choice = new TransportChoice(place, SERVER);
    next(choice);
    choice.failed(true);
    expect(next(choice)).toEqual(pollingFirst);
    choice.failed(false);
    expect(next(choice)).toEqual(webSocketFirst);
    choice.connected(true);
    expect(items.size).toBe(0);
    expect(next(choice)).toEqual(webSocketFirst);
  });

  it.each([
    '',
    'nonsense',
    'null',
    '7',
    '{}',
    '{"beginning":"upgrade"}',
    '{"beginning":"carrier pigeon","until":9e15}',
    // Stored by a clock that was years ahead.
    '{"beginning":"polling","until":9e15}',
  ])('takes %j in the storage for nothing', (stored) => {
    items.set(`mesh-workspaces.transport.${SERVER}`, stored);
    expect(next(new TransportChoice(place, SERVER))).toEqual(webSocketFirst);
  });

  it.each([
    ['forbidden', () => ({ getItem: refuse, setItem: refuse, removeItem: refuse })],
    ['missing', () => null],
  ])('works with a storage that is %s, and remembers for this page', (_, storage) => {
    const choice = wayAround(new TransportChoice(storage(), SERVER));
    expect(next(choice)).toEqual(pollingFirst);
    choice.lostWebSocket(false, HOUR);
    expect(next(choice)).toEqual(webSocketFirst);
  });
});

function refuse(): never {
  throw new DOMException('The operation is insecure.', 'SecurityError');
}
