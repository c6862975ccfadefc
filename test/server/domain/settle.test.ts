import { expect, it } from 'vitest';
import { ring } from '../../../src/server/domain/call.ts';
import { isIdle } from '../../../src/server/domain/idle.ts';
import { drop } from '../../../src/server/domain/seat.ts';
import { nextDeadline, settle } from '../../../src/server/domain/settle.ts';
import { arrivalOf, done, heardBy, noLimit, noon, offer, workspaceWith } from './people.ts';

const graceMs = 20_000;

it('Nothing is due while everybody is connected and nobody is being rung', () => {
  const workspace = workspaceWith(arrivalOf('_bob'));
  expect(nextDeadline(workspace, graceMs)).toBe(Number.POSITIVE_INFINITY);
  expect(settle(workspace, graceMs, Number.MAX_SAFE_INTEGER).next).toBe(workspace);
});

it('A seat ends when its grace time is over, not before', () => {
  const { next } = done(drop(workspaceWith(arrivalOf('_bob')), '_bob', 'connection of _bob', noon));
  const end = noon + graceMs;
  expect(nextDeadline(next, graceMs)).toBe(end);
  expect(settle(next, graceMs, end - 1).next).toBe(next);
  const change = done(settle(next, graceMs, end));
  expect(change.ended).toEqual(['_bob']);
  expect(heardBy('_owner', change)).toEqual(['leave']);
  expect(nextDeadline(change.next, graceMs)).toBe(Number.POSITIVE_INFINITY);
});

it('The earliest of all that is due comes first', () => {
  const call = { id: 'call-1' };
  const room = workspaceWith(arrivalOf('_bob'), arrivalOf('_eve'));
  const ringing = done(
    ring(
      room,
      { caller: '_owner', callee: '_eve', call, offer, nonce: '', timeoutMs: 5_000, newUid: 'call_1', limit: noLimit },
      noon,
    ),
  ).next;
  const { next } = done(drop(ringing, '_bob', 'connection of _bob', noon));
  expect(nextDeadline(next, graceMs)).toBe(noon + 5_000);
  const change = done(settle(next, graceMs, noon + graceMs));
  expect(heardBy('_owner', change)).toEqual(['leave', 'unanswered']);
});

it('A workspace is idle when nobody was connected, and nothing happened, for long enough', () => {
  const room = workspaceWith();
  const idleMs = 60_000;
  expect(isIdle(room, noon + 10 * idleMs, idleMs)).toBe(false);
  const { next } = done(drop(room, '_owner', 'connection of _owner', noon));
  expect(isIdle(next, noon + idleMs, idleMs)).toBe(false);
  expect(isIdle(next, noon + idleMs + 1, idleMs)).toBe(true);
});

it('A seat whose connection was lost has the whole grace time from when people can come back', () => {
  const { next } = done(drop(workspaceWith(arrivalOf('_bob')), '_bob', 'connection of _bob', noon));
  const absence = { lostAt: () => null, backSince: noon + 10 * graceMs, unheardMs: () => 0 };
  const end = absence.backSince + graceMs;
  expect(nextDeadline(next, graceMs, absence)).toBe(end);
  expect(settle(next, graceMs, end - 1, absence).next).toBe(next);
  expect(heardBy('_owner', done(settle(next, graceMs, end, absence)))).toEqual(['leave']);
});

it('A grace time leaves out the time in which nobody could be heard', () => {
  const { next } = done(drop(workspaceWith(arrivalOf('_bob')), '_bob', 'connection of _bob', noon));
  const unheard = { from: noon + 5_000, until: noon + 65_000 };
  const absence = {
    lostAt: () => null,
    backSince: Number.NEGATIVE_INFINITY,
    unheardMs: (since: number) => unheard.until - Math.max(since, unheard.from),
  };
  const end = noon + graceMs + 60_000;
  expect(nextDeadline(next, graceMs, absence)).toBe(end);
  expect(settle(next, graceMs, end - 1, absence).next).toBe(next);
  expect(heardBy('_owner', done(settle(next, graceMs, end, absence)))).toEqual(['leave']);
});

it('A connection that was lost without anybody there to tell counts as lost since then', () => {
  const workspace = workspaceWith(arrivalOf('_bob'));
  const lost = (at: number) => ({
    lostAt: (connection: string) => (connection === 'connection of _bob' ? at : null),
    backSince: 0,
    unheardMs: () => 0,
  });
  expect(heardBy('_owner', done(settle(workspace, graceMs, noon + 10, lost(noon))))).toEqual(['presence']);
  const { next } = done(settle(workspace, graceMs, noon + 10, lost(noon)));
  expect(nextDeadline(next, graceMs)).toBe(noon + graceMs);
  // Nobody was there to tell for longer than the grace time.
  expect(heardBy('_owner', done(settle(workspace, graceMs, noon + graceMs, lost(noon))))).toEqual([
    'presence',
    'leave',
  ]);
});
