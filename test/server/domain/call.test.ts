import { describe, expect, it } from 'vitest';
import { answer, busy, expireRings, hangup, leaveCall, ring, ringAgain } from '../../../src/server/domain/call.ts';
import { drop, kick, leave, reattend } from '../../../src/server/domain/seat.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import {
  arrivalOf,
  answer as description,
  done,
  heardBy,
  legacyArrivalOf,
  noLimit,
  noon,
  offer,
  toldTo,
  workspaceWith,
} from './people.ts';

const timeoutMs = 45_000;

function rung(workspace: Workspace, caller: string, callee: string, id = 'call-1', now = noon) {
  return ring(
    workspace,
    { caller, callee, call: { id }, offer, nonce: '', timeoutMs, newUid: 'call_1', limit: noLimit },
    now,
  );
}

function answered(workspace: Workspace, caller: string, callee: string, id = 'call-1') {
  return answer(workspace, { caller, callee, call: { id }, answer: description, nonce: '' }, noon);
}

/** A workspace whose owner is on a call with these seated attendees. */
function onCallWith(workspace: Workspace, ...callees: string[]): Workspace {
  return callees.reduce(
    (room, callee) => done(answered(done(rung(room, '_owner', callee)).next, '_owner', callee)).next,
    workspace,
  );
}

const threeGuests = () => workspaceWith(arrivalOf('_bob'), arrivalOf('_eve'), arrivalOf('_zoe'));

/** A call as its caller describes it, with a member that only clients read. */
const described = { id: 'call-1', camMode: 'user' };

/** The notice that Bob gets when the owner rings him. */
const ringOfBob = {
  to: ['_bob'],
  notice: 'ring',
  payload: {
    workspace: { id: '_room' },
    caller: expect.objectContaining({ id: '_owner' }),
    offer,
    call: described,
    nonce: 'n',
  },
};

describe('Ringing', () => {
  it('starts the call, with its caller on it, and tells the callee alone all that the caller sends', () => {
    const change = done(
      ring(
        threeGuests(),
        {
          caller: '_owner',
          callee: '_bob',
          call: described,
          offer,
          nonce: 'n',
          timeoutMs,
          newUid: 'call_1',
          limit: noLimit,
        },
        noon,
      ),
    );
    expect(change.next.call).toMatchObject({
      id: 'call-1',
      startedAt: noon,
      participants: ['_owner'],
      rings: [{ caller: '_owner', callee: '_bob', until: noon + timeoutMs }],
    });
    expect(change.effects).toEqual([ringOfBob]);
  });

  it('with a new call id, by the owner, ends the former call with a hangup for those on it and those being rung', () => {
    const former = done(rung(onCallWith(threeGuests(), '_bob'), '_owner', '_eve')).next;
    const change = done(rung(former, '_owner', '_zoe', 'call-2'));
    expect(change.next.call).toMatchObject({ id: 'call-2', participants: ['_owner'], rings: [{ callee: '_zoe' }] });
    expect(heardBy('_bob', change)).toEqual(['hangup']);
    expect(heardBy('_eve', change)).toEqual(['hangup']);
    expect(heardBy('_zoe', change)).toEqual(['ring']);
    expect(heardBy('_owner', change)).toEqual([]);
    expect(toldTo('_bob', change.effects)[0]).toMatchObject({
      payload: { attendee: { id: '_owner' }, call: { id: 'call-1' } },
    });
  });

  it("with a new call id is refused to anybody else, who would end the owner's call", () => {
    const workspace = onCallWith(threeGuests(), '_bob');
    expect(rung(workspace, '_bob', '_eve', 'call-2')).toMatchObject({ refused: 'NO_CALL' });
    expect(done(rung(workspace, '_bob', '_eve')).next.call).toMatchObject({ id: 'call-1' });
  });

  it('again renews the ring instead of making a second one', () => {
    const once = done(rung(threeGuests(), '_owner', '_bob')).next;
    const twice = done(rung(once, '_owner', '_bob', 'call-1', noon + 1_000)).next;
    expect(twice.call?.rings).toMatchObject([{ caller: '_owner', callee: '_bob', until: noon + 1_000 + timeoutMs }]);
    expect(twice.call?.rings).toHaveLength(1);
  });

  it('cannot be done to oneself, nor to somebody who is not there', () => {
    expect(rung(threeGuests(), '_owner', '_owner')).toMatchObject({ refused: 'INVALID_PAYLOAD' });
    expect(rung(threeGuests(), '_owner', '_nobody')).toMatchObject({ refused: 'NO_SUCH_ATTENDEE' });
  });

  it('that nobody answers is told to the caller and the callee, once', () => {
    const { next } = done(rung(threeGuests(), '_owner', '_bob'));
    const end = noon + timeoutMs;
    expect(expireRings(next, end - 1).next).toBe(next);
    const over = done(expireRings(next, end));
    expect(over.effects).toEqual([
      { to: ['_owner', '_bob'], notice: 'unanswered', payload: { callee: { id: '_bob' }, call: { id: 'call-1' } } },
    ]);
    expect(expireRings(over.next, end + 1)).toEqual({ next: over.next, effects: [], ended: [] });
    expect(answered(over.next, '_owner', '_bob')).toMatchObject({ refused: 'NO_CALL' });
  });
});

describe('A ring', () => {
  it('ends when its caller comes back with another page, which knows nothing of it', () => {
    const ringing = done(rung(threeGuests(), '_owner', '_bob')).next;
    const back = done(reattend(ringing, arrivalOf('_owner', { session: 'another page', connection: 'another' }), noon));
    expect(back.next.call).toMatchObject({ participants: ['_owner'], rings: [] });
  });

  it('ends when its callee comes back with another page, if the callee was on the call', () => {
    const ringing = done(rung(onCallWith(threeGuests(), '_bob', '_eve'), '_bob', '_eve')).next;
    const back = done(reattend(ringing, arrivalOf('_eve', { session: 'another page', connection: 'another' }), noon));
    expect(back.next.call).toMatchObject({ participants: ['_owner', '_bob', '_eve'], rings: [] });
  });

  it.each([
    ['with the same page', arrivalOf('_bob', { connection: 'another' })],
    ['with another page', arrivalOf('_bob', { session: 'another page', connection: 'another' })],
    ['with a client of the first generation', legacyArrivalOf('_bob', 'another')],
  ])('goes on when its callee comes back %s, and is heard again', (_, arrival) => {
    const details = { caller: '_owner', callee: '_bob', call: described, offer, nonce: 'n', timeoutMs, limit: noLimit };
    const ringing = done(ring(threeGuests(), { ...details, newUid: 'call_1' }, noon)).next;
    const away = done(drop(ringing, '_bob', 'connection of _bob', noon)).next;
    expect(ringAgain(ringing, away).effects).toEqual([]);
    const back = done(reattend(away, arrival, noon)).next;
    expect(ringAgain(away, back)).toEqual({
      next: back,
      effects: [ringOfBob],
      ended: [],
    });
    expect(ringAgain(back, done(reattend(back, arrival, noon)).next).effects, 'over the same connection').toEqual([]);
    const answeredThen = done(answered(back, '_owner', '_bob')).next;
    expect(ringAgain(away, answeredThen).effects, 'what was answered').toEqual([]);
  });

  it('is missed by a callee who does not come back: its caller hears that, and nobody else', () => {
    const { next } = done(rung(threeGuests(), '_owner', '_bob'));
    const gone = done(leave(next, '_bob', noon, true));
    expect(heardBy('_owner', gone)).toEqual(['unanswered', 'leave']);
    expect(toldTo('_owner', gone.effects)[0]).toMatchObject({
      payload: { callee: { id: '_bob' }, call: { id: 'call-1' } },
    });
    expect(heardBy('_eve', gone)).toEqual(['leave']);
    expect(heardBy('_owner', done(leave(next, '_bob', noon))), 'who leaves').toEqual(['leave']);
  });

  it('gives its payload up for those of later ones, where offers without end would fill the document', () => {
    const long = { type: 'offer' as const, sdp: 'x'.repeat(60_000) };
    const room = ['_bob', '_eve', '_zoe'].reduce(
      (workspace, callee) =>
        done(
          ring(
            workspace,
            {
              caller: '_owner',
              callee,
              call: { id: 'call-1' },
              offer: long,
              nonce: '',
              timeoutMs,
              newUid: 'call_1',
              limit: noLimit,
            },
            noon,
          ),
        ).next,
      threeGuests(),
    );
    const kept = room.call?.rings.filter(({ payload }) => payload !== null).map(({ callee }) => callee);
    expect(kept).toEqual(['_eve', '_zoe']);
    expect(room.call?.rings).toHaveLength(3);
  });
});

describe('Answering', () => {
  it('brings the callee onto the call, and tells everybody on it who is new', () => {
    const ringing = done(rung(onCallWith(threeGuests(), '_bob'), '_owner', '_eve')).next;
    const change = done(answered(ringing, '_owner', '_eve'));
    expect(change.next.call).toMatchObject({ participants: ['_owner', '_bob', '_eve'], rings: [] });
    expect(heardBy('_owner', change)).toEqual(['answer', 'call-joined']);
    expect(heardBy('_bob', change)).toEqual(['call-joined']);
    expect(heardBy('_eve', change)).toEqual(['call-joined']);
    expect(heardBy('_zoe', change)).toEqual([]);
  });

  it('is for those alone who were rung, and for that call alone', () => {
    const { next } = done(rung(threeGuests(), '_owner', '_bob'));
    expect(answered(next, '_owner', '_eve')).toMatchObject({ refused: 'NO_CALL' });
    expect(answered(next, '_owner', '_bob', 'call-2')).toMatchObject({ refused: 'NO_CALL' });
    expect(answered(next, '_nobody', '_bob')).toMatchObject({ refused: 'NO_SUCH_ATTENDEE' });
  });

  it('between two who are both on the call adds nobody to it', () => {
    const room = onCallWith(threeGuests(), '_bob', '_eve');
    const change = done(answered(done(rung(room, '_bob', '_eve')).next, '_bob', '_eve'));
    expect(change.next.call?.participants).toEqual(['_owner', '_bob', '_eve']);
    expect(change.effects.map(({ to, notice }) => ({ to, notice }))).toEqual([{ to: ['_bob'], notice: 'answer' }]);
  });
});

describe('Declining', () => {
  it('ends the ring, and only the caller hears of it', () => {
    const { next } = done(rung(threeGuests(), '_owner', '_bob'));
    const change = done(busy(next, { caller: '_owner', callee: '_bob', call: { id: 'call-1' } }, noon));
    expect(change.next.call).toMatchObject({ participants: ['_owner'], rings: [] });
    expect(change.effects.map(({ to, notice }) => ({ to, notice }))).toEqual([{ to: ['_owner'], notice: 'busy' }]);
  });
});

describe('Hanging up', () => {
  it('by the owner ends the call for everybody', () => {
    const change = done(
      hangup(onCallWith(threeGuests(), '_bob'), { attendee: '_owner', call: { id: 'call-1' } }, noon),
    );
    expect(change.next.call).toBeNull();
    expect(change.effects).toMatchObject([{ to: ['_bob', '_eve', '_zoe'], notice: 'hangup' }]);
  });

  it('by somebody else takes only that one off the call', () => {
    const change = done(
      hangup(onCallWith(threeGuests(), '_bob', '_eve'), { attendee: '_bob', call: { id: 'call-1' } }, noon),
    );
    expect(change.next.call?.participants).toEqual(['_owner', '_eve']);
    expect(heardBy('_owner', change)).toEqual(['hangup']);
  });

  it('of a call that is over is refused', () => {
    const workspace = onCallWith(threeGuests(), '_bob');
    expect(hangup(workspace, { attendee: '_owner', call: { id: 'call-0' } }, noon)).toMatchObject({
      refused: 'NO_CALL',
    });
  });
});

describe('Leaving the call', () => {
  const off = (workspace: Workspace, attendee: string) =>
    done(leaveCall(workspace, { attendee, call: { id: 'call-1' } }, noon));

  it('keeps the seat, and the call while anybody is on it', () => {
    const change = off(onCallWith(threeGuests(), '_bob'), '_owner');
    expect(change.next.call?.participants).toEqual(['_bob']);
    expect(change.next.attendees).toHaveLength(4);
    expect(heardBy('_bob', change)).toEqual(['call-left']);
    expect(heardBy('_owner', change)).toEqual([]);
  });

  it('by the last one on it ends the call, and stops pending rings with a hangup', () => {
    const ringing = done(rung(threeGuests(), '_owner', '_bob')).next;
    const change = off(ringing, '_owner');
    expect(change.next.call).toBeNull();
    expect(heardBy('_bob', change)).toEqual(['call-left', 'hangup']);
    expect(heardBy('_eve', change)).toEqual(['call-left']);
  });

  it.each([
    ['leaving the workspace', leave],
    ['being removed', kick],
  ])('happens by %s too, and stops pending rings with a hangup', (_, unseat) => {
    const workspace = workspaceWith(arrivalOf('_bob'), arrivalOf('_eve'));
    const bobAlone = off(onCallWith(workspace, '_bob'), '_owner').next;
    const ringing = done(rung(bobAlone, '_bob', '_eve')).next;
    const change = done(unseat(ringing, '_bob', noon));
    expect(change.next.call).toBeNull();
    expect(heardBy('_eve', change)).toContain('hangup');
  });

  it('reaches clients of the first generation as a hangup, once, even where it stops their ring', () => {
    const workspace = workspaceWith(arrivalOf('_bob'), legacyArrivalOf('_old'));
    const both = off(onCallWith(workspace, '_bob'), '_bob');
    expect(heardBy('_old', both)).toEqual(['hangup']);

    const bobAlone = off(onCallWith(workspace, '_bob'), '_owner').next;
    const last = off(done(rung(bobAlone, '_bob', '_old')).next, '_bob');
    expect(last.next.call).toBeNull();
    expect(heardBy('_old', last)).toEqual(['hangup']);
  });

  it("by the owner, while others go on, stops the owner's ring at a client of the first generation", () => {
    const workspace = onCallWith(workspaceWith(arrivalOf('_bob'), legacyArrivalOf('_old')), '_bob');
    const change = off(done(rung(workspace, '_owner', '_old')).next, '_owner');
    expect(change.next.call).toMatchObject({ participants: ['_bob'], rings: [] });
    expect(heardBy('_old', change)).toEqual(['hangup']);
  });

  it('by the owner tells clients of the first generation nothing that would end the call for them', () => {
    const workspace = onCallWith(workspaceWith(arrivalOf('_bob'), legacyArrivalOf('_old')), '_bob', '_old');
    expect(heardBy('_old', off(workspace, '_owner'))).toEqual([]);
  });

  it('of a call that is over is refused', () => {
    const workspace = onCallWith(threeGuests(), '_bob');
    expect(leaveCall(workspace, { attendee: '_bob', call: { id: 'call-0' } }, noon)).toMatchObject({
      refused: 'NO_CALL',
    });
  });
});
