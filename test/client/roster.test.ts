import { describe, expect, it } from 'vitest';
import {
  fromGranted,
  withAttendee,
  withoutAttendee,
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
const workspace = { id: '_room', name: 'Room', avatar: '', created: 1, token: 'invitation' };
const seat: SeatState = { workspace, self: '_ann', isOwner: true, attendees: [ann, bob] };
const call: CallState = { id: 'call', startedAt: 1, participants: ['_ann', '_bob'], joined: true };
const ids = ({ attendees }: SeatState) => attendees.map(({ id }) => id);

describe('The roster', () => {
  it('adds who comes at the end, and puts who is known already in the same place', () => {
    expect(ids(withAttendee(seat, eve))).toEqual(['_ann', '_bob', '_eve']);
    expect(withAttendee(seat, { ...ann, name: 'Anna' }).attendees).toEqual([{ ...ann, name: 'Anna' }, bob]);
  });

  it('removes who goes', () => {
    expect(ids(withoutAttendee(seat, '_bob'))).toEqual(['_ann']);
    expect(ids(withoutAttendee(seat, '_nobody'))).toEqual(['_ann', '_bob']);
  });

  it('changes one, and nobody else', () => {
    const next = withPatch(seat, '_bob', { mic: true });
    expect(next.attendees).toEqual([ann, { ...bob, mic: true }]);
    expect(next.attendees[0]).toBe(ann);
  });

  it('marks who is on the call, and leaves alone who was marked so', () => {
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
  it('goes on without who leaves, and is over when nobody is left', () => {
    expect(withoutParticipant(call, '_bob', '_ann')).toEqual({ ...call, participants: ['_ann'] });
    expect(withoutParticipant(call, '_ann', '_ann')).toEqual({ ...call, participants: ['_bob'], joined: false });
    expect(withoutParticipant({ ...call, participants: ['_ann'] }, '_ann', '_ann')).toBeNull();
  });

  it('is the same when somebody leaves who was not on it', () => {
    expect(withoutParticipant(call, '_eve', '_ann')).toBe(call);
    expect(withoutParticipant(null, '_eve', '_ann')).toBeNull();
  });
});

describe('What the server grants', () => {
  const granted = {
    workspace: { ...workspace, owner: '_ann', rev: 1, call: null },
    attendee: bob,
    attendees: { _ann: ann, _bob: bob },
  };

  it('is the seat', () => {
    expect(fromGranted(granted)).toEqual({
      seat: { workspace, self: '_bob', isOwner: false, attendees: [ann, bob] },
      call: null,
    });
    expect(fromGranted({ ...granted, attendee: ann }).seat.isOwner).toBe(true);
  });

  it.each([
    [['_ann'], false],
    [['_ann', '_bob'], true],
  ])('is the call with %j', (participants, joined) => {
    const running = { id: 'call', startedAt: 1, participants };
    const { call } = fromGranted({ ...granted, workspace: { ...granted.workspace, call: running } });
    expect(call).toEqual({ ...running, joined });
  });
});
