import { expect, it } from 'vitest';
import { answer, ring } from '../../../src/server/domain/call.ts';
import { withoutFuture } from '../../../src/server/domain/clock-steps.ts';
import { drop, toggle } from '../../../src/server/domain/seat.ts';
import { nextDeadline } from '../../../src/server/domain/settle.ts';
import { arrivalOf, answer as description, done, noLimit, noon, offer, workspaceWith } from './people.ts';

const ringMs = 45_000;
const graceMs = 20_000;
const hour = 3_600_000;

/** Bob's connection is lost, and Eve is being rung. */
function busyRoom() {
  const room = workspaceWith(arrivalOf('_bob'), arrivalOf('_eve'));
  const call = { id: 'call-1' };
  const described = {
    caller: '_owner',
    callee: '_eve',
    call,
    offer,
    nonce: '',
    timeoutMs: ringMs,
    newUid: 'call_1',
    limit: noLimit,
  };
  const ringing = done(ring(room, described, noon)).next;
  return done(drop(ringing, '_bob', 'connection of _bob', noon)).next;
}

it.each([0, hour, -1000])('Nothing is changed where the clock went on by %i ms', (ms) => {
  const room = busyRoom();
  expect(withoutFuture(room, ringMs, noon + ms).next).toBe(room);
});

it.each([10_000, hour, 1000 * hour])(
  'Grace times and rings end in time although the clock went back by %i ms',
  (ms) => {
    const now = noon - ms;
    const change = done(withoutFuture(busyRoom(), ringMs, now));
    expect(change.effects).toEqual([]);
    expect(change.next.attendees.find(({ id }) => id === '_bob')?.droppedAt).toBe(now);
    expect(change.next.call?.rings).toMatchObject([{ caller: '_owner', callee: '_eve', until: now + ringMs }]);
    expect(nextDeadline(change.next, graceMs)).toBe(now + graceMs);
    expect(withoutFuture(change.next, ringMs, now).next).toBe(change.next);
  },
);

it('A ring and a lost connection are changed only where they are ahead', () => {
  const call = { id: 'call-1' };
  const room = workspaceWith(arrivalOf('_bob'));
  const now = noon + hour;
  const described = {
    caller: '_owner',
    callee: '_bob',
    call,
    offer,
    nonce: '',
    timeoutMs: 10 * hour,
    newUid: 'call_1',
    limit: noLimit,
  };
  const { next } = done(ring(room, described, noon));
  expect(done(withoutFuture(next, ringMs, now)).next.call?.rings).toMatchObject([
    { caller: '_owner', callee: '_bob', until: now + ringMs },
  ]);
});

it.each([10_000, hour, 1000 * hour])(
  'A call with a limit keeps the time that it has left although the clock went back by %i ms',
  (ms) => {
    const room = workspaceWith(arrivalOf('_bob'));
    const call = { id: 'call-1' };
    const limit = { maxMs: 600_000, warningsMs: [60_000] };
    const described = { caller: '_owner', callee: '_bob', call, offer, nonce: '', timeoutMs: ringMs, newUid: 'call_1' };
    const ringing = done(ring(room, { ...described, limit }, noon)).next;
    const answering = { caller: '_owner', callee: '_bob', call, answer: description, nonce: '' };
    const { next: connected } = done(answer(ringing, answering, noon));
    // Something was stored four minutes later, and then the clock was set.
    const { next: later } = done(toggle(connected, '_bob', 'mic', false, noon + 240_000));
    const now = noon + 240_000 - ms;
    const { next } = done(withoutFuture(later, ringMs, now));
    expect(next.call).toMatchObject({ connectedAt: now - 240_000, endsAt: now + 360_000 });
    expect(nextDeadline(next, graceMs)).toBe(now + 300_000);
    expect(withoutFuture(next, ringMs, now).next).toBe(next);
  },
);
