import { describe, expect, it } from 'vitest';
import { SeatStorage } from '../../src/client/seat-storage.ts';

const seat = { workspace: '_room', attendee: '_ann', accessToken: 'a.b.c', token: 'invitation' };

function memory() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}

const forbidden = {
  getItem(): string {
    throw new DOMException('no', 'SecurityError');
  },
  setItem(): void {
    throw new DOMException('full', 'QuotaExceededError');
  },
  removeItem(): void {
    throw new DOMException('no', 'SecurityError');
  },
};

describe('The storage of a seat', () => {
  it('keeps it, and forgets it', () => {
    const storage = memory();
    const seats = new SeatStorage(storage);
    expect(seats.read()).toBeNull();
    seats.write(seat);
    expect(new SeatStorage(storage).read()).toEqual(seat);
    seats.write(null);
    expect(seats.read()).toBeNull();
    expect(storage.items.size).toBe(0);
  });

  it.each([
    '',
    'nonsense',
    'null',
    '1',
    '"text"',
    '[]',
    '{}',
    '{"workspace":"_room"}',
    JSON.stringify({ ...seat, attendee: 1 }),
  ])('takes %j for none', (stored) => {
    const storage = memory();
    new SeatStorage(storage).write(seat);
    for (const key of storage.items.keys()) storage.items.set(key, stored);
    expect(new SeatStorage(storage).read()).toBeNull();
  });

  it.each([null, forbidden])('is empty where there is none, or none is allowed', (storage) => {
    const seats = new SeatStorage(storage);
    seats.write(seat);
    seats.write(null);
    expect(seats.read()).toBeNull();
  });
});

describe('The place of an owner who left', () => {
  it('is kept for the invitation of its workspace, beside the seat of this page', () => {
    const storage = memory();
    const seats = new SeatStorage(storage);
    seats.keepOwned(seat);
    expect(seats.owned('invitation')).toEqual(seat);
    expect(seats.owned('another invitation')).toBeNull();
    expect(seats.read()).toBeNull();
    seats.keepOwned(null);
    expect(seats.owned('invitation')).toBeNull();
  });
});
