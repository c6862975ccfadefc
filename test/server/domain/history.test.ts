import { expect, it } from 'vitest';
import type { NumberedEvent } from '../../../src/server/domain/events.ts';
import { withHistory } from '../../../src/server/domain/history.ts';
import { leave } from '../../../src/server/domain/seat.ts';
import { arrivalOf, noon, workspaceWith } from './people.ts';

const old: NumberedEvent[] = [1, 2, 3].map((seq) => ({
  seq,
  type: 'attendee.joined',
  at: noon,
  data: { attendee: { id: `_${seq}`, name: 'Somebody', user: null } },
}));

/** A workspace of which three events happened, and one guest leaves. */
function left(handedOn: number) {
  const before = { ...workspaceWith(arrivalOf('_guest')), seq: 3, outbox: old };
  return withHistory(before, leave(before, '_guest', noon), handedOn, noon).next;
}

it('A new event follows those that wait, and those that the records have are dropped', () => {
  const next = left(2);
  expect(next?.seq).toBe(4);
  expect(next?.outbox.map(({ seq, type }) => `${seq} ${type}`)).toEqual(['3 attendee.joined', '4 attendee.left']);
});

it('A store that was put back to an earlier state goes on behind the last number that the records have', () => {
  const next = left(7);
  expect(next?.seq).toBe(8);
  expect(next?.outbox.map(({ seq, type }) => `${seq} ${type}`)).toEqual(['8 attendee.left']);
});
