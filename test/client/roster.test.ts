import { describe, expect, it } from 'vitest';
import {
  fromGranted,
  withAttendee,
  withKnock,
  withoutAttendee,
  withoutKnock,
  withoutParticipant,
  withParticipants,
  withPatch,
} from '../../src/client/roster.ts';
import type { CallState, SeatState } from '../../src/client/state.ts';

const attendee = (id: string) => ({
  id,
  name: id.slice(1),
  avatar: '',
  owner: id === '_ann',
  connected: true,
  onCall: false,
  mic: false,
  cam: false,
});
const [ann, bob, eve] = [attendee('_ann'), attendee('_bob'), attendee('_eve')];
const workspace = {
  id: '_room',
  name: 'Room',
  avatar: '',
  created: 1,
  token: 'invitation',
  admission: 'ask' as const,
  isDial: false,
};
const seat: SeatState = { workspace, self: '_ann', isOwner: true, attendees: [ann, bob], waiting: [] };
const times = { startedAt: 1, connectedAt: 2, endsAt: 3 };
const call: CallState = { id: 'call', ...times, participants: ['_ann', '_bob'], joined: true };
const ids = ({ attendees }: SeatState) => attendees.map(({ id }) => id);

describe('The roster', () => {
  it('adds a new attendee at the end, and replaces a known one in its place', () => {
    expect(ids(withAttendee(seat, eve))).toEqual(['_ann', '_bob', '_eve']);
    expect(withAttendee(seat, { ...ann, name: 'Anna' }).attendees).toEqual([{ ...ann, name: 'Anna' }, bob]);
  });

  it('removes an attendee', () => {
    expect(ids(withoutAttendee(seat, '_bob'))).toEqual(['_ann']);
    expect(ids(withoutAttendee(seat, '_nobody'))).toEqual(['_ann', '_bob']);
  });

  it('changes one attendee, and no other', () => {
    const next = withPatch(seat, '_bob', { mic: true });
    expect(next.attendees).toEqual([ann, { ...bob, mic: true }]);
    expect(next.attendees[0]).toBe(ann);
  });

  it('marks the participants, and leaves those alone that are marked already', () => {
    const next = withParticipants(seat, ['_bob', '_nobody']);
    expect(next.attendees).toEqual([ann, { ...bob, onCall: true }]);
    expect(withParticipants(next, ['_bob']).attendees).toEqual(next.attendees);
    expect(withParticipants(next, ['_bob']).attendees[1]).toBe(next.attendees[1]);
  });

  it('never changes what it is given', () => {
    const before = structuredClone(seat);
    withAttendee(seat, eve);
    withoutAttendee(seat, '_bob');
    withPatch(seat, '_bob', { mic: true });
    withParticipants(seat, ['_bob']);
    expect(seat).toEqual(before);
  });
});

describe('The call', () => {
  it('goes on without a participant that leaves, and is over when none is left', () => {
    expect(withoutParticipant(call, '_bob', '_ann')).toEqual({ ...call, participants: ['_ann'] });
    expect(withoutParticipant(call, '_ann', '_ann')).toEqual({ ...call, participants: ['_bob'], joined: false });
    expect(withoutParticipant({ ...call, participants: ['_ann'] }, '_ann', '_ann')).toBeNull();
  });

  it('is the same when an attendee leaves that was not on it', () => {
    expect(withoutParticipant(call, '_eve', '_ann')).toBe(call);
    expect(withoutParticipant(null, '_eve', '_ann')).toBeNull();
  });
});

describe('The list of the people who wait', () => {
  const knock = (id: string, name = id.slice(1)) => ({ id, name, since: 1 });
  const waiting = withKnock(withKnock(seat, knock('_eve')), knock('_zoe'));

  it('keeps its order, whichever person takes another name or goes', () => {
    expect(withKnock(waiting, knock('_eve', 'Evita')).waiting).toEqual([knock('_eve', 'Evita'), knock('_zoe')]);
    expect(withoutKnock(waiting, '_eve').waiting).toEqual([knock('_zoe')]);
    expect(withoutKnock(waiting, '_bob').waiting).toEqual(waiting.waiting);
  });

  it('comes with the seat of the owner', () => {
    const granted = {
      workspace: { ...workspace, owner: '_ann', rev: 1, call: null },
      attendee: ann,
      attendees: { _ann: ann },
      waiting: waiting.waiting.map((each) => ({ ...each })),
    };
    expect(fromGranted(granted).seat.waiting).toEqual(waiting.waiting);
  });
});

describe('An answer that grants a seat', () => {
  const granted = {
    workspace: { ...workspace, owner: '_ann', rev: 1, call: null },
    attendee: bob,
    attendees: { _ann: ann, _bob: bob },
  };

  it('becomes the seat', () => {
    expect(fromGranted(granted)).toEqual({
      seat: { workspace, self: '_bob', isOwner: false, attendees: [ann, bob], waiting: [] },
      call: null,
    });
    expect(fromGranted({ ...granted, attendee: ann }).seat.isOwner).toBe(true);
  });

  it.each([
    [['_ann'], false],
    [['_ann', '_bob'], true],
  ])('becomes the call with %j', (participants, joined) => {
    const running = { id: 'call', ...times, participants };
    const { call } = fromGranted({ ...granted, workspace: { ...granted.workspace, call: running } });
    expect(call).toEqual({ ...running, joined });
  });
});
