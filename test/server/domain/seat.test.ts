import { describe, expect, it } from 'vitest';
import { answer, ring } from '../../../src/server/domain/call.ts';
import { attend, bind, destroy, drop, kick, leave, reattend, toggle } from '../../../src/server/domain/seat.ts';
import type { Workspace } from '../../../src/server/domain/workspace.ts';
import {
  arrivalOf,
  capacity,
  answer as description,
  done,
  heardBy,
  legacyArrivalOf,
  noLimit,
  noon,
  offer,
  workspaceWith,
} from './people.ts';

const call = { id: 'call-1' };

function onCallWith(workspace: Workspace, callee: string): Workspace {
  const ringing = done(
    ring(
      workspace,
      { caller: '_owner', callee, call, offer, nonce: '', timeoutMs: 45_000, newUid: 'call_1', limit: noLimit },
      noon,
    ),
  ).next;
  return done(answer(ringing, { caller: '_owner', callee, call, answer: description, nonce: '' }, noon)).next;
}

describe('Attending', () => {
  it('tells the others, and is refused when the workspace is full', () => {
    const full = workspaceWith(arrivalOf('_a'), arrivalOf('_b'), arrivalOf('_c'), arrivalOf('_d'));
    expect(full.attendees).toHaveLength(capacity);
    expect(attend(full, arrivalOf('_e'), capacity, noon)).toMatchObject({ refused: 'FULL', details: { capacity } });
    const change = done(attend(workspaceWith(arrivalOf('_a')), arrivalOf('_b'), capacity, noon));
    expect(change.effects).toMatchObject([{ to: ['_owner', '_a'], notice: 'attend', payload: { id: '_b' } }]);
  });

  it('leaves the place of an owner who left to the owner', () => {
    const guests = workspaceWith(arrivalOf('_a'), arrivalOf('_b'), arrivalOf('_c'), arrivalOf('_d'));
    const without = done(leave(guests, '_owner', noon)).next;
    expect(without.owner.id).toBe('_owner');
    expect(attend(without, arrivalOf('_e'), capacity, noon)).toMatchObject({ refused: 'FULL' });
    const back = done(reattend(without, arrivalOf('_owner'), noon));
    expect(back.next.attendees).toHaveLength(capacity);
    expect(heardBy('_a', back)).toEqual(['attend']);
  });
});

describe('Coming back', () => {
  const room = () => workspaceWith(arrivalOf('_bob'), arrivalOf('_eve'), legacyArrivalOf('_old'));

  it('with another page tells clients of the first generation that it left and came', () => {
    const change = done(reattend(room(), arrivalOf('_bob', { session: 'another page', connection: 'new' }), noon));
    expect(heardBy('_old', change)).toEqual(['leave', 'attend']);
    expect(heardBy('_eve', change)).toEqual(['attend']);
    expect(heardBy('_bob', change)).toEqual([]);
  });

  it('with the same page tells clients of the first generation nothing', () => {
    const change = done(reattend(room(), arrivalOf('_bob', { connection: 'new' }), noon));
    expect(heardBy('_old', change)).toEqual([]);
    expect(heardBy('_eve', change)).toEqual(['attend']);
  });

  it('with the same page after a lost connection tells them of the connection alone', () => {
    const lost = done(drop(room(), '_bob', 'connection of _bob', noon)).next;
    const change = done(reattend(lost, arrivalOf('_bob', { connection: 'new' }), noon));
    expect(heardBy('_old', change)).toEqual(['presence']);
    expect(heardBy('_eve', change)).toEqual(['presence', 'attend']);
    expect(change.next.attendees.find(({ id }) => id === '_bob')).toMatchObject({ connection: 'new', droppedAt: null });
  });

  it('stays on the call, unless it is a client of the first generation', () => {
    const withBob = onCallWith(room(), '_bob');
    const reloaded = done(reattend(withBob, arrivalOf('_bob', { session: 'another page' }), noon));
    expect(reloaded.next.call?.participants).toEqual(['_owner', '_bob']);

    const withOld = onCallWith(room(), '_old');
    const again = done(reattend(withOld, legacyArrivalOf('_old', 'new'), noon));
    expect(again.next.call?.participants).toEqual(['_owner']);
    expect(heardBy('_owner', again)).toEqual(['call-left', 'attend']);
  });

  it('is refused to those whose seat has ended, and never to the owner', () => {
    const workspace = room();
    const gone = done(leave(done(leave(workspace, '_bob', noon)).next, '_owner', noon)).next;
    expect(reattend(gone, arrivalOf('_bob'), noon)).toMatchObject({ refused: 'NOT_SEATED' });
    expect(bind(gone, '_bob', { connection: 'new', legacy: false }, noon)).toMatchObject({ refused: 'NOT_SEATED' });
    expect(done(reattend(gone, arrivalOf('_owner'), noon)).next.attendees.map(({ id }) => id)).toContain('_owner');
  });

  it('with another name is remembered, of the owner even while away', () => {
    const profile = { id: '_owner', name: 'Olga', avatar: 'olga.png' };
    const renamed = done(reattend(room(), { ...arrivalOf('_owner'), profile }, noon)).next;
    expect(renamed.attendees[0]).toMatchObject(profile);
    expect(done(leave(renamed, '_owner', noon)).next.owner).toEqual(profile);
  });

  it('keeps microphone and camera as they were', () => {
    const muted = done(toggle(room(), '_bob', 'mic', false, noon)).next;
    const back = done(reattend(muted, arrivalOf('_bob', { connection: 'new' }), noon)).next;
    expect(back.attendees.find(({ id }) => id === '_bob')).toMatchObject({ mic: false, cam: true });
  });
});

describe('A connection', () => {
  it('that holds the seat already changes nothing', () => {
    const workspace = workspaceWith(arrivalOf('_bob'));
    const change = bind(workspace, '_bob', { connection: 'connection of _bob', legacy: false }, noon);
    expect(change).toEqual({ next: workspace, effects: [], ended: [] });
  });

  it('that is lost keeps the seat, unless a newer one holds it', () => {
    const workspace = workspaceWith(arrivalOf('_bob'));
    const lost = done(drop(workspace, '_bob', 'connection of _bob', noon + 5));
    expect(lost.next.attendees[1]).toMatchObject({ id: '_bob', connection: null, droppedAt: noon + 5 });
    expect(lost.effects).toMatchObject([{ to: ['_owner'], notice: 'presence', payload: { connected: false } }]);
    expect(drop(workspace, '_bob', 'an older connection', noon).next).toBe(workspace);
  });
});

describe('Removing somebody', () => {
  it('tells everybody, the one removed included, and clients of the first generation in their words', () => {
    const workspace = workspaceWith(arrivalOf('_bob'), legacyArrivalOf('_old'), legacyArrivalOf('_older'));
    const change = done(kick(workspace, '_old', noon));
    expect(heardBy('_bob', change)).toEqual(['kicked']);
    expect(heardBy('_old', change)).toEqual(['kicked', 'leave']);
    expect(heardBy('_older', change)).toEqual(['kicked', 'leave']);
    expect(heardBy('_owner', change)).toEqual([]);
    expect(change.ended).toEqual(['_old']);
  });

  it('is impossible for the owner, and for those who are not there', () => {
    const workspace = workspaceWith();
    expect(kick(workspace, '_owner', noon)).toMatchObject({ refused: 'INVALID_PAYLOAD' });
    expect(kick(workspace, '_nobody', noon)).toMatchObject({ refused: 'NO_SUCH_ATTENDEE' });
  });
});

describe('Closing the workspace', () => {
  it('ends all seats and tells everybody but the owner, who gets an answer', () => {
    expect(destroy(workspaceWith(arrivalOf('_bob'), legacyArrivalOf('_old')))).toEqual({
      next: null,
      causes: [{ type: 'closed', reason: 'destroyed' }],
      effects: [{ to: ['_bob', '_old'], notice: 'destroyed', payload: {} }],
      ended: ['_owner', '_bob', '_old'],
    });
  });
});
