import { expect, it } from 'vitest';
import { withoutUser } from '../../../src/server/domain/erasure.ts';
import { withHistory } from '../../../src/server/domain/history.ts';
import { attend } from '../../../src/server/domain/seat.ts';
import { arrivalOf, capacity, done, heardBy, noon, workspaceWith } from './people.ts';

it('An erased user has no name in the workspace any more, nor in events that nobody has yet', () => {
  const before = workspaceWith(arrivalOf('_eve'));
  const change = done(attend(before, arrivalOf('_bob', { user: 'bob' }), capacity, noon));
  const seated = done(withHistory(before, change, 0, noon)).next;
  expect(JSON.stringify(seated)).toContain('Somebody called _bob');
  const erased = done(withoutUser(seated, 'bob', noon + 1));
  expect(JSON.stringify(erased.next)).not.toContain('Somebody called _bob');
  expect(erased.next.attendees.map(({ name }) => name)).toContain('Somebody called _eve');
  expect(erased.next.outbox).toMatchObject([
    { type: 'attendee.joined', data: { attendee: { id: '_bob', name: 'removed', user: { id: 'bob' } } } },
  ]);
  expect(heardBy('_eve', erased)).toEqual(['attend']);
  expect(heardBy('_bob', erased)).toEqual([]);
  expect(withoutUser(erased.next, 'bob', noon + 2)).toEqual({ next: erased.next, effects: [], ended: [] });
  expect(withoutUser(seated, 'nobody', noon + 1).next).toBe(seated);
});
