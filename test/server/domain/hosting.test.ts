import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../../src/protocol/errors.ts';
import { withHistory } from '../../../src/server/domain/history.ts';
import { close, createEmpty, endCall, remove, revise } from '../../../src/server/domain/hosting.ts';
import { attend, leave, reattend } from '../../../src/server/domain/seat.ts';
import { isUnused } from '../../../src/server/domain/unused.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import { arrivalOf, capacity, done, heardBy, legacyArrivalOf, noLimit, noon, workspaceWith } from './people.ts';

const given = {
  id: '_room',
  name: 'Room',
  avatar: '',
  pinHash: null,
  owner: { id: '_owner', name: 'Dr. Ada', avatar: '' },
  ownerUser: 'ada',
  externalId: 'case-7',
  metadata: { ward: 'B' },
  capacity: 3,
  callBudgetMs: 600_000,
};

/** Where `_owner` and `_bob` are on a call, and `_eve` is rung. */
function onCall(): Workspace {
  const workspace = workspaceWith(arrivalOf('_bob'), arrivalOf('_eve'));
  const call = {
    id: 'call-1',
    uid: 'call_1',
    startedAt: noon,
    connectedAt: noon,
    endsAt: null,
    warnedAt: null,
    limit: noLimit,
    legs: [],
    participants: ['_owner', '_bob'],
    rings: [{ caller: '_owner', callee: '_eve', until: noon + 45_000, payload: null }],
  };
  return { ...workspace, call };
}

describe('A workspace that a host system creates', () => {
  it('has no seat yet, says who owns it, and makes no room for another one', () => {
    const { next } = done(createEmpty(given, noon));
    expect(next).toMatchObject({ ...given, attendees: [], created: noon, rev: 1 });
    expect(isUnused(next)).toBe(false);
    const stored = done(withHistory(null, createEmpty(given, noon), 0, noon)).next;
    expect(stored.outbox).toEqual([
      {
        seq: 1,
        type: 'workspace.created',
        at: noon,
        data: { owner: { id: '_owner', name: 'Dr. Ada', user: { id: 'ada' } } },
      },
    ]);
  });

  it('has as many seats as it was given, one of them for the owner, but never more than the server allows', () => {
    const { next } = done(createEmpty(given, noon));
    const two = done(
      attend(done(attend(next, arrivalOf('_bob'), capacity, noon)).next, arrivalOf('_eve'), capacity, noon),
    );
    expect(attend(two.next, arrivalOf('_tom'), capacity, noon)).toMatchObject({
      refused: 'FULL',
      details: { capacity: 3 },
    });
    expect(isRefusal(reattend(two.next, arrivalOf('_owner'), noon))).toBe(false);
    const one = done(attend({ ...next, capacity: 100 }, arrivalOf('_bob'), 2, noon)).next;
    expect(attend(one, arrivalOf('_eve'), 2, noon)).toMatchObject({ refused: 'FULL', details: { capacity: 2 } });
  });
});

it('A smaller capacity takes no seat away, and lets nobody else in until there is room', () => {
  const full = workspaceWith(arrivalOf('_bob'), arrivalOf('_eve'));
  const { next, effects } = done(revise(full, { capacity: 2, name: 'Ward' }, noon + 1));
  expect(effects).toEqual([]);
  expect(next).toMatchObject({ name: 'Ward', rev: full.rev + 1, touched: noon + 1 });
  expect(next.attendees).toHaveLength(3);
  expect(attend(next, arrivalOf('_tom'), capacity, noon)).toMatchObject({ refused: 'FULL' });
  const left = ['_bob', '_eve'].reduce((workspace, id) => done(leave(workspace, id, noon)).next, next);
  expect(isRefusal(attend(left, arrivalOf('_tom'), capacity, noon))).toBe(false);
});

describe('Removing an attendee from outside', () => {
  it('tells everybody, the owner and the attendee who is removed included', () => {
    const change = remove(workspaceWith(arrivalOf('_bob'), legacyArrivalOf('_old')), '_bob', noon);
    if (isRefusal(change)) throw new Error(change.refused);
    expect(heardBy('_owner', change)).toEqual(['kicked']);
    expect(heardBy('_bob', change)).toEqual(['kicked']);
    expect(heardBy('_old', change)).toEqual(['kicked', 'leave']);
    expect(change.causes).toEqual([{ type: 'kicked', attendee: '_bob' }]);
  });

  it('cannot remove the owner, nor somebody who is not there', () => {
    expect(remove(workspaceWith(), '_owner', noon)).toMatchObject({ refused: 'INVALID_PAYLOAD' });
    expect(remove(workspaceWith(), '_bob', noon)).toMatchObject({ refused: 'NO_SUCH_ATTENDEE' });
  });
});

it('Closing a workspace from outside tells everybody, the owner too', () => {
  const change = close(workspaceWith(arrivalOf('_bob')));
  expect(change.effects).toEqual([{ to: ['_owner', '_bob'], notice: 'destroyed', payload: {} }]);
  expect(change).toMatchObject({ next: null, ended: ['_owner', '_bob'], causes: [{ type: 'closed', reason: 'api' }] });
});

describe('Ending a call from outside', () => {
  it('is a hang-up of the owner to all attendees on it or rung, the owner too', () => {
    const change = done(endCall(onCall(), 'call_1', noon));
    expect(change.next.call).toBeNull();
    expect(change.effects).toEqual([
      {
        to: ['_owner', '_bob', '_eve'],
        notice: 'hangup',
        payload: {
          attendee: expect.objectContaining({ id: '_owner', owner: true, onCall: false }),
          call: { id: 'call-1' },
        },
      },
    ]);
    const { outbox } = done(withHistory(onCall(), change, 0, noon)).next;
    expect(outbox.find(({ type }) => type === 'call.ended')).toMatchObject({ data: { endReason: 'api' } });
  });

  it('ends no other call', () => {
    const workspace = onCall();
    expect(endCall(workspace, 'call_2', noon)).toEqual({ next: workspace, effects: [], ended: [] });
  });

  it('also where the owner has left the call and the workspace to the others', () => {
    const workspace = { ...onCall(), attendees: onCall().attendees.filter(({ id }) => id !== '_owner') };
    const change = done(endCall(workspace, 'call_1', noon));
    expect(change.effects[0]?.payload).toMatchObject({ attendee: { id: '_owner', owner: true, connected: false } });
  });
});
