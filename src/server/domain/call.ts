import { type Refusal, refuse } from '../../protocol/errors.ts';
import type { NoticePayload } from '../../protocol/types.ts';
import { connected, isTimeOver } from './call-time.ts';
import { amended, type Change, type Effect, find, isLegacy, isModern, others, unchanged } from './change.ts';
import { callRecord, ownerRecord, recordOf } from './view.ts';
import type { Attendee, Call, CallLimit, Ring, RingPayload, Workspace } from './workspace.ts';

/** A call as its caller describes it: an id, and members that only clients read. */
type DescribedCall = NoticePayload<'ring'>['call'];
type Description = NoticePayload<'ring'>['offer'];

/** The payloads of rings in one document have so many characters at most. More than all rings of a call of five have. */
const MAX_PAYLOADS = 131_072;

const sameRing = (caller: string, callee: string) => (ring: Ring) => ring.caller === caller && ring.callee === callee;

/** The attendees whom a call concerns: its participants, and the callees of its rings. */
export function concerned(call: Call): string[] {
  return [...new Set([...call.participants, ...call.rings.map((ring) => ring.callee)])];
}

/** The call without one attendee, or null when no participant is left. */
export function withoutParticipant(call: Call | null, attendeeId: string): Call | null {
  if (!call) return null;
  const participants = call.participants.filter((id) => id !== attendeeId);
  const rings = call.rings.filter((ring) => ring.caller !== attendeeId && ring.callee !== attendeeId);
  return participants.length === 0 ? null : { ...call, participants, rings };
}

/**
 * The notices when an attendee leaves the call: `call-left` to the others, and `hangup` to the callees that still ring
 * when the last participant has left.
 */
export function offCallEffects(before: Workspace, next: Workspace, attendeeId: string): Effect[] {
  const { call } = before;
  if (!call?.participants.includes(attendeeId)) return [];
  const left: Effect = {
    to: others(next, attendeeId, isModern),
    notice: 'call-left',
    payload: { attendee: { id: attendeeId }, call: { id: call.id }, rev: next.rev },
  };
  if (next.call) return [left];
  const rung = call.rings.map((ring) => ring.callee).filter((callee) => callee !== attendeeId);
  const over: Effect = {
    to: rung,
    notice: 'hangup',
    payload: { attendee: recordOf(before, attendeeId), call: { id: call.id } },
  };
  return [left, over];
}

function joinedEffect(next: Workspace, call: Call, attendeeId: string, now: number): Effect {
  return {
    to: call.participants,
    notice: 'call-joined',
    payload: {
      attendee: { id: attendeeId },
      call: callRecord(call),
      participants: [...call.participants],
      rev: next.rev,
      serverNow: now,
    },
  };
}

export interface Ringing {
  caller: string;
  callee: string;
  call: DescribedCall;
  offer: Description;
  nonce: string;
  /** ms until the ring counts as unanswered */
  timeoutMs: number;
  /** The id that the server gives the call, if this ring starts one. */
  newUid: string;
  /** The limit of the call, if this ring starts one. */
  limit: CallLimit;
}

function started(id: string, uid: string, limit: CallLimit, now: number): Call {
  const times = { startedAt: now, connectedAt: null, endsAt: null, warnedAt: null };
  return { id, uid, ...times, limit, legs: [], participants: [], rings: [] };
}

/**
 * Rings an attendee, and starts the call with the owner's first ring. When the owner rings with another call id, the
 * owner has begun anew (after a reload, say): the former call ends for all its participants, so that none of them stays on
 * a call that the owner no longer knows. Every other caller rings into the call that is on.
 * Nobody rings once the calls of the workspace have used up their time.
 */
export function ring(
  workspace: Workspace,
  { caller, callee, call: described, offer, nonce, timeoutMs, newUid, limit }: Ringing,
  now: number,
): Change | Refusal<'NO_SUCH_ATTENDEE' | 'INVALID_PAYLOAD' | 'NO_CALL' | 'TIME_OVER'> {
  if (callee === caller) return refuse('INVALID_PAYLOAD', { field: 'callee.id' }, 'Nobody can ring themselves.');
  if (!find(workspace, callee)) return refuse('NO_SUCH_ATTENDEE');

  const former = workspace.call;
  const goesOn = former?.id === described.id;
  if (!goesOn && caller !== workspace.owner.id) return refuse('NO_CALL');
  if (isTimeOver(workspace, now)) return refuse('TIME_OVER');
  const base: Call = goesOn ? former : started(described.id, newUid, limit, now);
  const payload: RingPayload = { offer, call: described, nonce };
  const callerIsNew = !base.participants.includes(caller);
  const joined: Call = {
    ...base,
    participants: callerIsNew ? [...base.participants, caller] : base.participants,
    rings: bounded([
      ...base.rings.filter((each) => !sameRing(caller, callee)(each)),
      { caller, callee, until: now + timeoutMs, payload: base.participants.includes(callee) ? null : payload },
    ]),
  };
  const call = connected(workspace, joined, now);
  const next = amended(workspace, { call }, now);
  const effects: Effect[] = [];
  if (former && !goesOn) {
    effects.push({
      to: concerned(former).filter((id) => id !== caller),
      notice: 'hangup',
      payload: { attendee: recordOf(next, caller), call: { id: former.id } },
    });
  }
  if (callerIsNew && call.participants.length > 1) {
    // A callee that is on the call already learns it from the ring, which carries the offer it would have to make.
    const effect = joinedEffect(next, call, caller, now);
    effects.push({ ...effect, to: effect.to.filter((id) => id !== callee) });
  }
  effects.push(ringEffect(next, caller, callee, payload));
  return { next, effects, ended: [], causes: [{ type: 'call-ended', reason: 'hangup' }] };
}

function ringEffect(next: Workspace, caller: string, callee: string, sent: RingPayload): Effect {
  const payload = { workspace: { id: next.id }, caller: recordOf(next, caller), ...sent };
  return { to: [callee], notice: 'ring', payload };
}

/** The rings with the payloads of the latest ones, as many as a document has room for. */
function bounded(rings: readonly Ring[]): Ring[] {
  let left = MAX_PAYLOADS;
  return rings
    .toReversed()
    .map((each) => {
      left -= each.payload === null ? 0 : JSON.stringify(each.payload).length;
      return left < 0 && each.payload !== null ? { ...each, payload: null } : each;
    })
    .toReversed();
}

/**
 * Rings every callee again that came back over another connection while it rings: the former connection may have been gone
 * already, or its page.
 * @param before the workspace before they came back
 */
export function ringAgain(before: Workspace, workspace: Workspace): Change {
  const isBack = (id: string) => {
    const connection = find(workspace, id)?.connection ?? null;
    return connection !== null && connection !== find(before, id)?.connection;
  };
  const effects = (workspace.call?.rings ?? []).flatMap(({ caller, callee, payload }) =>
    payload !== null && isBack(callee) ? [ringEffect(workspace, caller, callee, payload)] : [],
  );
  return { ...unchanged(workspace), effects };
}

export interface Answering {
  caller: string;
  callee: string;
  call: DescribedCall;
  answer: Description;
  nonce: string;
}

/**
 * Answers a ring: the callee joins the call. A participant may be rung by other participants and answers them too; that
 * is how the client of webRTCWorkspaces builds its mesh. Nobody joins a call without a ring.
 */
export function answer(
  workspace: Workspace,
  { caller, callee, call: described, answer: description, nonce }: Answering,
  now: number,
): Change | Refusal<'NO_SUCH_ATTENDEE' | 'NO_CALL'> {
  if (!find(workspace, caller)) return refuse('NO_SUCH_ATTENDEE');
  const { call } = workspace;
  if (call?.id !== described.id) return refuse('NO_CALL');
  if (!call.rings.some(sameRing(caller, callee))) {
    return refuse('NO_CALL', {}, 'That ring is over: it was answered, or nobody answered in time.');
  }

  const joins = !call.participants.includes(callee);
  const withCallee: Call = {
    ...call,
    participants: joins ? [...call.participants, callee] : call.participants,
    rings: call.rings.filter((each) => !sameRing(caller, callee)(each)),
  };
  const answered = connected(workspace, withCallee, now);
  const next = amended(workspace, { call: answered }, now);
  const effects: Effect[] = [
    {
      to: [caller],
      notice: 'answer',
      payload: {
        workspace: { id: workspace.id },
        callee: recordOf(next, callee),
        answer: description,
        call: described,
        nonce,
      },
    },
  ];
  if (joins) effects.push(joinedEffect(next, answered, callee, now));
  return { next, effects, ended: [] };
}

/** Declines a ring. Only the caller hears of it. */
export function busy(
  workspace: Workspace,
  { caller, callee, call: described }: { caller: string; callee: string; call: DescribedCall },
  now: number,
): Change | Refusal<'NO_SUCH_ATTENDEE' | 'NO_CALL'> {
  if (!find(workspace, caller)) return refuse('NO_SUCH_ATTENDEE');
  const { call } = workspace;
  if (call?.id !== described.id || !call.rings.some(sameRing(caller, callee))) return refuse('NO_CALL');
  const rings = call.rings.filter((each) => !sameRing(caller, callee)(each));
  const next = amended(workspace, { call: { ...call, rings } }, now);
  return {
    next,
    effects: [
      {
        to: [caller],
        notice: 'busy',
        payload: { workspace: { id: workspace.id }, callee: recordOf(next, callee), call: described },
      },
    ],
    ended: [],
    causes: [{ type: 'declined', attendee: callee }],
  };
}

/** Ends the call for everybody when the owner hangs up. For every other sender it ends only the sender's part. */
export function hangup(
  workspace: Workspace,
  { attendee, call: described }: { attendee: string; call: DescribedCall },
  now: number,
): Change | Refusal<'NO_CALL'> {
  const { call } = workspace;
  if (call?.id !== described.id) return refuse('NO_CALL');
  const next = amended(
    workspace,
    { call: attendee === workspace.owner.id ? null : withoutParticipant(call, attendee) },
    now,
  );
  return {
    next,
    effects: [
      {
        to: others(workspace, attendee),
        notice: 'hangup',
        payload: { attendee: recordOf(next, attendee), call: described },
      },
    ],
    ended: [],
    causes: [{ type: 'call-ended', reason: 'hangup' }],
  };
}

/**
 * Ends the call for everybody although nobody on it did: its time is over, or a host system ends it. The owner counts as the
 * one who hung up, and hears it like all others.
 */
export function endForAll(workspace: Workspace, call: Call, reason: 'time-limit' | 'api', now: number): Change {
  const next = amended(workspace, { call: null }, now);
  const over: Effect = {
    to: next.attendees.map(({ id }) => id),
    notice: 'hangup',
    payload: {
      attendee: ownerRecord(next),
      call: { id: call.id },
      ...(reason === 'time-limit' ? { reason } : {}),
    },
  };
  return { next, effects: [over], ended: [], causes: [{ type: 'call-ended', reason }] };
}

/** Takes an attendee off the call. The seat stays; the call stays while it has a participant. */
export function leaveCall(
  workspace: Workspace,
  { attendee, call: described }: { attendee: string; call: DescribedCall },
  now: number,
): Change | Refusal<'NO_CALL'> {
  const { call } = workspace;
  if (call?.id !== described.id) return refuse('NO_CALL');
  const next = amended(workspace, { call: withoutParticipant(call, attendee) }, now);
  const effects = offCallEffects(workspace, next, attendee);
  // Clients of Engine.IO 3 do not know `call-left`. For them a `hangup` of an attendee other than the owner says the
  // same. A `hangup` of the owner ends the call for them, so only callees that the owner still rings get it.
  const notified = effects.filter(({ notice }) => notice === 'hangup').flatMap(({ to }) => to);
  const concerns = ({ id }: Attendee) => attendee !== workspace.owner.id || isOnlyRung(call, attendee, id);
  effects.push({
    to: others(next, attendee, (each) => isLegacy(each) && !notified.includes(each.id) && concerns(each)),
    notice: 'hangup',
    payload: { attendee: recordOf(next, attendee), call: described },
  });
  return { next, effects, ended: [] };
}

function isOnlyRung({ participants, rings }: Call, caller: string, callee: string): boolean {
  return !participants.includes(callee) && rings.some(sameRing(caller, callee));
}

/**
 * The call after an attendee came back with a new page. It knows nothing of its own rings, which end. Rings of others go on,
 * and it hears of them, unless it was on the call: then the others connect with it anyway.
 * @param isOff whether the page does not know that it was on the call either
 */
export function withNewPageOf(call: Call | null, attendeeId: string, isOff: boolean): Call | null {
  if (!call) return null;
  const wasOn = call.participants.includes(attendeeId);
  const goesOn = ({ caller, callee }: Ring) => caller !== attendeeId && !(wasOn && callee === attendeeId);
  const rings = call.rings.filter(goesOn);
  const left = isOff ? withoutParticipant(call, attendeeId) : call;
  return left && { ...left, rings };
}

/** The notices to the callers of an attendee whose seat ends because it did not come back: it has missed their rings. */
export function missedByLost({ call }: Workspace, attendeeId: string): Effect[] {
  if (!call || call.participants.includes(attendeeId)) return [];
  return call.rings
    .filter(({ callee }) => callee === attendeeId)
    .map(({ caller }) => ({
      to: [caller],
      notice: 'unanswered',
      payload: { callee: { id: attendeeId }, call: { id: call.id } },
    }));
}

/** Ends the rings that nobody answered in time. Both sides are notified, so that no page rings on. */
export function expireRings(workspace: Workspace, now: number): Change {
  const { call } = workspace;
  const late = call?.rings.filter((each) => each.until <= now) ?? [];
  if (!call || late.length === 0) return unchanged(workspace);
  return {
    next: amended(workspace, { call: { ...call, rings: call.rings.filter((each) => each.until > now) } }, now),
    effects: late.map(({ caller, callee }) => ({
      to: [caller, callee],
      notice: 'unanswered',
      payload: { callee: { id: callee }, call: { id: call.id } },
    })),
    ended: [],
  };
}
