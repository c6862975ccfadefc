import type { AttendeeRecord, KnockRecord, NoticePayload } from '../protocol/types.ts';
import type { Proof } from './proof.ts';
import type { CallState, SeatState } from './state.ts';

/** Applies notices to the state of seat and call. Every function is pure: it takes a state and returns the next one. */

export function withAttendee(seat: SeatState, attendee: AttendeeRecord): SeatState {
  const isKnown = seat.attendees.some(({ id }) => id === attendee.id);
  return {
    ...seat,
    attendees: isKnown
      ? seat.attendees.map((each) => (each.id === attendee.id ? attendee : each))
      : [...seat.attendees, attendee],
  };
}

export function withoutAttendee(seat: SeatState, attendeeId: string): SeatState {
  return { ...seat, attendees: seat.attendees.filter(({ id }) => id !== attendeeId) };
}

export function withPatch(seat: SeatState, attendeeId: string, patch: Partial<AttendeeRecord>): SeatState {
  return {
    ...seat,
    attendees: seat.attendees.map((each) => (each.id === attendeeId ? { ...each, ...patch } : each)),
  };
}

/** Sets `onCall` of every attendee from the list of participants. */
export function withParticipants(seat: SeatState, participants: readonly string[]): SeatState {
  return {
    ...seat,
    attendees: seat.attendees.map((each) => {
      const onCall = participants.includes(each.id);
      return each.onCall === onCall ? each : { ...each, onCall };
    }),
  };
}

/** The owner's list with somebody who knocks, or who has taken another name while waiting. */
export function withKnock(seat: SeatState, knock: KnockRecord): SeatState {
  const isKnown = seat.waiting.some(({ id }) => id === knock.id);
  return {
    ...seat,
    waiting: isKnown ? seat.waiting.map((each) => (each.id === knock.id ? knock : each)) : [...seat.waiting, knock],
  };
}

export function withoutKnock(seat: SeatState, id: string): SeatState {
  return { ...seat, waiting: seat.waiting.filter((knock) => knock.id !== id) };
}

export function withoutParticipant(call: CallState | null, attendeeId: string, self: string): CallState | null {
  if (!call?.participants.includes(attendeeId)) return call;
  const participants = call.participants.filter((id) => id !== attendeeId);
  return participants.length === 0 ? null : { ...call, participants, joined: participants.includes(self) };
}

/** The state of seat and call from an answer of the server, which holds all of it. */
export function fromGranted({
  workspace,
  attendee,
  attendees,
  waiting = [],
}: Pick<NoticePayload<'attendance-granted'>, 'workspace' | 'attendee' | 'attendees' | 'waiting'>): {
  seat: SeatState;
  call: CallState | null;
} {
  const { id, name, avatar, created, token, owner, admission, dialled = false, call } = workspace;
  return {
    seat: {
      workspace: { id, name, avatar, created, token, admission, isDial: dialled },
      self: attendee.id,
      isOwner: owner === attendee.id,
      attendees: Object.values(attendees),
      waiting,
    },
    call: call && { ...call, joined: call.participants.includes(attendee.id) },
  };
}

/** The proof of a seat that the server has granted. */
export function grantedProof({
  workspace,
  attendee,
  accessToken,
}: Pick<NoticePayload<'attendance-granted'>, 'workspace' | 'attendee' | 'accessToken'>): Proof {
  return { workspace: { id: workspace.id }, attendee: { id: attendee.id }, accessToken };
}
