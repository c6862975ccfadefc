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
    const seats = new SeatStorage(storage, null);
    expect(seats.read()).toBeNull();
    seats.write(seat);
    expect(new SeatStorage(storage, null).read()).toEqual(seat);
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
    new SeatStorage(storage, null).write(seat);
    for (const key of storage.items.keys()) storage.items.set(key, stored);
    expect(new SeatStorage(storage, null).read()).toBeNull();
  });

  it.each([null, forbidden])('is empty where there is none, or none is allowed', (storage) => {
    const seats = new SeatStorage(storage, null);
    seats.write(seat);
    seats.write(null);
    expect(seats.read()).toBeNull();
  });
});

describe('The places of an owner', () => {
  it('are kept for the invitation of each workspace, beside the seat of this page', () => {
    const [page, browser] = [memory(), memory()];
    const seats = new SeatStorage(page, browser);
    const other = { ...seat, workspace: '_other', token: 'another invitation' };
    seats.rememberOwned(seat);
    seats.rememberOwned(other);
    seats.rememberOwned({ ...seat, accessToken: 'a newer one' });
    expect(seats.owned('invitation')).toEqual({ ...seat, accessToken: 'a newer one' });
    expect(seats.owned('another invitation')).toEqual(other);
    expect(seats.owned('no invitation')).toBeNull();
    // A former invitation names its workspace too.
    const formerly = (sub: string) => `e30.${btoa(JSON.stringify({ sub }))}.x`;
    expect(seats.owned(formerly('_other'))).toEqual(other);
    expect(seats.owned(formerly('_other.12'))).toEqual(other);
    expect(seats.owned(formerly('_nobody'))).toBeNull();
    expect(seats.owned('a.b.c')).toBeNull();
    expect(seats.read()).toBeNull();
    seats.forgetOwned('_room');
    expect(seats.owned('invitation')).toBeNull();
    seats.forgetOwned('_other');
    expect(browser.items.size).toBe(0);
  });
});

describe('A link that somebody opens on a page with a remembered seat', () => {
  const link = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replaceAll('=', '')}.signature`;
  const invitation = link({ iss: 'ws/i', sub: '_room.2' });
  const ownerLink = link({ iss: 'ws/o', sub: '_room' });

  it('means that seat, if it is for the same workspace', () => {
    const seats = new SeatStorage(memory(), memory());
    seats.write(seat);
    expect(seats.read(invitation)).toEqual(seat);
    expect(seats.read(link({ iss: 'ws/i', sub: '_other' }))).toBeNull();
    expect(seats.read('nonsense')).toBeNull();
  });

  it("means the owner's place and no guest's seat, if it is an owner link", () => {
    const seats = new SeatStorage(memory(), memory());
    seats.write(seat);
    expect(seats.read(ownerLink)).toBeNull();
    const owners = { ...seat, attendee: '_owner' };
    seats.rememberOwned(owners);
    expect(seats.read(ownerLink)).toBeNull();
    seats.write(owners);
    expect(seats.read(ownerLink)).toEqual(owners);
  });
});
