import { describe, expect, it } from 'vitest';
import { isRefusal, type Refusal } from '../../../src/protocol/errors.ts';
import { answer, hangup, ring } from '../../../src/server/domain/call.ts';
import { extendCall, setCallBudget } from '../../../src/server/domain/call-limit.ts';
import type { Change } from '../../../src/server/domain/change.ts';
import { withHistory } from '../../../src/server/domain/history.ts';
import { drop, leave } from '../../../src/server/domain/seat.ts';
import { nextDeadline, settle } from '../../../src/server/domain/settle.ts';
import type { CallLimit, Workspace } from '../../../src/server/domain/workspace.ts';
import { workspaceSchema } from '../../../src/server/storage/schema.ts';
import { arrivalOf, answer as description, done, heardBy, noLimit, noon, offer, workspaceWith } from './people.ts';

const MINUTE = 60_000;
const graceMs = 20_000;
const tenMinutes: CallLimit = { maxMs: 10 * MINUTE, warningsMs: [300_000, 60_000] };

const people = () => workspaceWith(arrivalOf('_bob'), arrivalOf('_eve'));

const withBudget = (workspace: Workspace, minutes: number) => ({ ...workspace, callBudgetMs: minutes * MINUTE });

function rings(workspace: Workspace, callee: string, id: string, limit: CallLimit, now: number) {
  const described = { caller: '_owner', callee, call: { id }, offer, nonce: '', timeoutMs: 45_000 };
  return ring(workspace, { ...described, newUid: `call_${id}_${now}`, limit }, now);
}

/** The owner and Bob on a call, from this moment on. */
function connected(workspace: Workspace, limit: CallLimit, now = noon, id = 'call-1'): Workspace {
  const { next } = done(rings(workspace, '_bob', id, limit, now));
  return done(answer(next, { caller: '_owner', callee: '_bob', call: { id }, answer: description, nonce: '' }, now))
    .next;
}

function hungUp(workspace: Workspace, now: number): Workspace {
  return done(hangup(workspace, { attendee: '_owner', call: { id: workspace.call?.id ?? '' } }, now)).next;
}

function extended(workspace: Workspace, ms: number, now: number, callId = 'call-1') {
  return extendCall(workspace, { callId, ms, by: '_owner' }, now);
}

/** What happened by a change, as others hear it. */
function eventsOf(before: Workspace, change: Change, now: number) {
  const { next } = withHistory(before, change, 0, now);
  return next?.outbox ?? [];
}

const codeOf = (result: Change | Refusal) => (isRefusal(result) ? result.refused : null);

describe('The limit of a call', () => {
  it('counts from when the second participant is on it', () => {
    const ringing = done(rings(people(), '_bob', 'call-1', tenMinutes, noon)).next;
    expect(ringing.call).toMatchObject({ connectedAt: null, endsAt: null });
    const now = noon + 30_000;
    const answering = { caller: '_owner', callee: '_bob', call: { id: 'call-1' }, answer: description, nonce: '' };
    const change = done(answer(ringing, answering, now));
    const times = { connectedAt: now, endsAt: now + 10 * MINUTE };
    expect(change.next.call).toMatchObject(times);
    expect(change.effects).toContainEqual(
      expect.objectContaining({
        notice: 'call-joined',
        payload: expect.objectContaining({ call: { id: 'call-1', startedAt: noon, ...times }, serverNow: now }),
      }),
    );
  });

  it('ends the call for all on it, for the attendees who are rung, and for nobody else a second time', () => {
    const ringing = done(
      rings(connected(people(), tenMinutes), '_eve', 'call-1', tenMinutes, noon + 9.5 * MINUTE),
    ).next;
    const end = noon + 10 * MINUTE;
    expect(settle(ringing, graceMs, end - 1).next?.call).not.toBeNull();
    const change = done(settle(ringing, graceMs, end));
    expect(change.next.call).toBeNull();
    for (const id of ['_owner', '_bob', '_eve']) expect(heardBy(id, change)).toEqual(['hangup']);
    expect(change.effects[0]?.payload).toEqual({
      attendee: expect.objectContaining({ id: '_owner', owner: true, onCall: false }),
      call: { id: 'call-1' },
      reason: 'time-limit',
    });
    expect(nextDeadline(change.next, graceMs)).toBe(Number.POSITIVE_INFINITY);
  });

  it('names the owner although the owner has left', () => {
    const withEve = done(rings(connected(people(), tenMinutes), '_eve', 'call-1', tenMinutes, noon)).next;
    const all = done(
      answer(
        withEve,
        { caller: '_owner', callee: '_eve', call: { id: 'call-1' }, answer: description, nonce: '' },
        noon,
      ),
    ).next;
    const change = done(settle(done(leave(all, '_owner', noon)).next, graceMs, noon + 10 * MINUTE));
    expect(heardBy('_bob', change)).toEqual(['hangup']);
    expect(change.effects[0]?.payload).toMatchObject({
      attendee: { id: '_owner', name: 'Somebody called _owner', owner: true, connected: false },
    });
  });

  it('makes no bill longer than itself, however late somebody looks', () => {
    const room = connected(people(), tenMinutes);
    const recorded = withHistory(null, { next: room, effects: [], ended: [] }, 0, noon).next ?? room;
    const late = noon + 60 * MINUTE;
    const ended = eventsOf(recorded, settle(recorded, graceMs, late), late).find(({ type }) => type === 'call.ended');
    expect(ended).toMatchObject({
      at: noon + 10 * MINUTE,
      data: {
        endedAt: noon + 10 * MINUTE,
        endReason: 'time-limit',
        billableSeconds: 600,
        participants: [{ seconds: 600 }, { seconds: 600 }],
      },
    });
  });

  it('comes before the grace time of somebody who is away, where both are over', () => {
    const room = done(drop(connected(people(), tenMinutes), '_bob', 'connection of _bob', noon + 9.9 * MINUTE)).next;
    const change = done(settle(room, graceMs, noon + 60 * MINUTE));
    expect(change.causes).toContainEqual({ type: 'call-ended', reason: 'time-limit' });
    expect(heardBy('_owner', change)).toEqual(['hangup', 'leave']);
  });

  it('is kept with documents; those that were written before calls had limits have none', () => {
    const room = connected(withBudget(people(), 5), tenMinutes);
    expect(workspaceSchema.parse(JSON.parse(JSON.stringify(room)))).toEqual(room);
    const { callBudgetMs: _budget, callUsedMs: _used, ...old } = room;
    const { endsAt: _end, warnedAt: _warned, limit: _limit, ...oldCall } = room.call ?? {};
    const read = workspaceSchema.parse({ ...old, call: oldCall });
    expect(read).toMatchObject({ callBudgetMs: null, callUsedMs: 0, call: { endsAt: null, limit: noLimit } });
    expect(nextDeadline(read, graceMs)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('Warnings', () => {
  it('go to all on the call, each once, so long before the end', () => {
    let room = connected(people(), tenMinutes);
    for (const left of tenMinutes.warningsMs) {
      const at = noon + 10 * MINUTE - left;
      expect(nextDeadline(room, graceMs)).toBe(at);
      const change = done(settle(room, graceMs, at));
      expect(change.effects).toEqual([
        {
          to: ['_owner', '_bob'],
          notice: 'call-ending',
          payload: { call: { id: 'call-1' }, endsAt: noon + 10 * MINUTE, serverNow: at },
        },
      ]);
      expect(change.events).toMatchObject([{ type: 'call.ending', at, data: { endsAt: noon + 10 * MINUTE } }]);
      room = change.next;
    }
    expect(nextDeadline(room, graceMs)).toBe(noon + 10 * MINUTE);
  });

  it.each([
    [5, [300_000, 60_000]],
    [4.9, [60_000]],
    [0.5, []],
  ])('that would come before a call of %d minutes are left out', (minutes, expected) => {
    let room = connected(people(), { ...tenMinutes, maxMs: minutes * MINUTE });
    const end = noon + minutes * MINUTE;
    const given: number[] = [];
    for (let at = nextDeadline(room, graceMs); at < end; at = nextDeadline(room, graceMs)) {
      given.push(end - at);
      room = done(settle(room, graceMs, at)).next;
    }
    expect(given).toEqual(expected);
  });

  it('that are late together are one', () => {
    const change = done(settle(connected(people(), tenMinutes), graceMs, noon + 9.5 * MINUTE));
    expect(heardBy('_bob', change)).toEqual(['call-ending']);
    expect(nextDeadline(change.next, graceMs)).toBe(noon + 10 * MINUTE);
  });
});

describe('The budget of a workspace', () => {
  it('is one for all of its calls: another call does not renew it', () => {
    let room = connected(withBudget(people(), 5), noLimit);
    expect(room.call?.endsAt).toBe(noon + 5 * MINUTE);
    room = hungUp(room, noon + 2 * MINUTE);
    expect(room.callUsedMs).toBe(2 * MINUTE);
    const again = noon + 60 * MINUTE;
    room = connected(room, noLimit, again, 'call-2');
    expect(room.call?.endsAt).toBe(again + 3 * MINUTE);
    room = done(settle(room, graceMs, again + 3 * MINUTE)).next;
    expect(room.callUsedMs).toBe(5 * MINUTE);
    expect(codeOf(rings(room, '_bob', 'call-3', noLimit, again + 4 * MINUTE))).toBe('TIME_OVER');
  });

  it('counts the call that another call of the owner replaces', () => {
    const first = connected(withBudget(people(), 5), noLimit);
    const second = connected(first, noLimit, noon + 4 * MINUTE, 'call-2');
    expect(second.callUsedMs).toBe(4 * MINUTE);
    expect(second.call?.endsAt).toBe(noon + 5 * MINUTE);
  });

  it('is not used by a call to which nobody came', () => {
    const room = done(rings(withBudget(people(), 5), '_bob', 'call-1', noLimit, noon)).next;
    expect(hungUp(room, noon + 60 * MINUTE).callUsedMs).toBe(0);
  });

  it('and the limit of each call: whichever is over first ends the call', () => {
    expect(connected(withBudget(people(), 5), tenMinutes).call?.endsAt).toBe(noon + 5 * MINUTE);
    expect(connected(withBudget(people(), 15), tenMinutes).call?.endsAt).toBe(noon + 10 * MINUTE);
  });

  it('can be changed during a call, whose participants hear the new end', () => {
    const room = connected(withBudget(people(), 5), noLimit);
    const longer = done(setCallBudget(room, 8 * MINUTE, noon + MINUTE));
    expect(longer.next.call?.endsAt).toBe(noon + 8 * MINUTE);
    expect(heardBy('_owner', longer)).toEqual(['call-extended']);
    const unlimited = done(setCallBudget(room, null, noon + MINUTE));
    expect(unlimited.next.call?.endsAt).toBeNull();
    const over = done(setCallBudget(room, MINUTE, noon + 2 * MINUTE));
    expect(over.next.call).toBeNull();
    expect(over.next.callUsedMs).toBe(2 * MINUTE);
    expect(heardBy('_bob', over)).toEqual(['call-extended', 'hangup']);
    const ringing = done(rings(withBudget(people(), 5), '_bob', 'call-1', noLimit, noon)).next;
    expect(done(setCallBudget(ringing, 0, noon)).next.call).toBeNull();
  });
});

describe('An extension', () => {
  it('has the call end so much later, and is told to the others', () => {
    const room = connected(people(), tenMinutes);
    const now = noon + 9.5 * MINUTE;
    const change = done(extended(done(settle(room, graceMs, now)).next, 5 * MINUTE, now));
    expect(change.next.call?.endsAt).toBe(noon + 15 * MINUTE);
    expect(change.effects).toEqual([
      {
        to: ['_bob'],
        notice: 'call-extended',
        payload: { call: { id: 'call-1' }, endsAt: noon + 15 * MINUTE, serverNow: now },
      },
    ]);
    // Both warnings come again, each in its time.
    expect(nextDeadline(change.next, graceMs)).toBe(noon + 10 * MINUTE);
    const warned = done(settle(change.next, graceMs, noon + 10 * MINUTE)).next;
    expect(nextDeadline(warned, graceMs)).toBe(noon + 14 * MINUTE);
  });

  it('brings no warning at once whose time would have been before it', () => {
    const room = connected(people(), { ...tenMinutes, maxMs: 3 * MINUTE });
    const { next } = done(extended(room, MINUTE, noon + 2.5 * MINUTE));
    expect(nextDeadline(next, graceMs)).toBe(noon + 3 * MINUTE);
  });

  it('gives away no more of the budget than the call takes', () => {
    const room = connected(withBudget(people(), 11), tenMinutes);
    const { next } = done(extended(room, 5 * MINUTE, noon + MINUTE));
    expect(next.call?.endsAt).toBe(noon + 15 * MINUTE);
    expect(next.callBudgetMs).toBe(15 * MINUTE);
    const within = done(extended(connected(withBudget(people(), 60), tenMinutes), 5 * MINUTE, noon + MINUTE)).next;
    expect(within.call?.endsAt).toBe(noon + 15 * MINUTE);
    expect(within.callBudgetMs).toBe(60 * MINUTE);
  });

  it('before anybody has answered is for the time after', () => {
    const ringing = done(rings(people(), '_bob', 'call-1', tenMinutes, noon)).next;
    const change = done(extended(ringing, 5 * MINUTE, noon));
    expect(change.effects).toEqual([]);
    const answering = { caller: '_owner', callee: '_bob', call: { id: 'call-1' }, answer: description, nonce: '' };
    expect(done(answer(change.next, answering, noon)).next.call?.endsAt).toBe(noon + 15 * MINUTE);
  });

  it('of a budget that is used up makes calls possible again', () => {
    const room = done(settle(connected(withBudget(people(), 5), noLimit), graceMs, noon + 5 * MINUTE)).next;
    const { next } = done(extended(room, 2 * MINUTE, noon + 6 * MINUTE));
    const again = connected(next, noLimit, noon + 7 * MINUTE, 'call-2');
    expect(again.call?.endsAt).toBe(noon + 9 * MINUTE);
  });

  it('changes nothing where nothing limits the call, and needs the right call', () => {
    const room = connected(people(), noLimit);
    expect(done(extended(room, MINUTE, noon)).next).toBe(room);
    expect(codeOf(extended(room, MINUTE, noon, 'another'))).toBe('NO_CALL');
    expect(codeOf(extended(people(), MINUTE, noon))).toBe('NO_CALL');
  });
});
