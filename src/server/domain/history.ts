import { endedAt, usedMs } from './call-time.ts';
import { type Cause, type Change, find } from './change.ts';
import { closedConsultation, consultationEvent } from './consultation.ts';
import type { CallEndReason, EventAttendee, EventParticipant, NumberedEvent, WorkspaceEvent } from './events.ts';
import { missed } from './invites.ts';
import type { Attendee, Call, Leg, Workspace } from './workspace.ts';

// Events are found by comparison: whatever a transition does to a document, the difference says what happened, and no
// transition can forget an event. What a difference cannot say, such as why a seat ended, the transition says as a cause.

/**
 * Completes a change before it is stored: notes in the call who has been on it since when, and adds the events to the
 * document. A workspace that ends leaves a closed document, which holds its last events.
 *
 * @param before the document that the change was decided on; null where the change creates the workspace
 * @param handedOn the highest `seq` that the records have: those events leave the document; null: there are no records,
 *   and nobody needs events
 * @param now ms since the epoch
 */
export function withHistory(before: Workspace | null, change: Change, handedOn: number | null, now: number): Change {
  const { next } = change;
  if (next === before) return change;
  const call = next && callWithLegs(before?.call ?? null, next, now);
  const current = next && (call === next.call ? next : { ...next, call });
  if (handedOn === null) return { ...change, next: current };
  const base = current ?? closedDocument(before, now);
  if (base === null) return change;
  const events = [...(change.events ?? []), ...eventsBetween(before, base, change.causes ?? [], now)];
  // A store that was put back to an earlier state, such as by a failover, knows less than the records.
  const last = Math.max(base.seq, handedOn);
  const outbox = [...base.outbox.filter(({ seq }) => seq > handedOn), ...numbered(events, last)];
  const document: Workspace = { ...base, seq: last + events.length, outbox };
  if (current || before === null) return { ...change, next: document };
  const userEffects = [...(change.userEffects ?? []), ...closedConsultation(before, now)];
  return { ...change, closed: document, ...(userEffects.length > 0 ? { userEffects } : {}) };
}

function numbered(events: readonly WorkspaceEvent[], seq: number): NumberedEvent[] {
  return events.map((event, index) => ({ ...event, seq: seq + index + 1 }));
}

/** The document of a workspace that has ended. */
function closedDocument(before: Workspace | null, now: number): Workspace | null {
  if (before === null) return null;
  const emptied = { attendees: [], waiting: [], call: null, recording: null, invites: [], closed: now };
  return { ...before, ...emptied, rev: before.rev + 1, touched: now };
}

/** The call of a document with the legs of all who are or were on it. */
function callWithLegs(before: Call | null, { call, attendees }: Workspace, now: number): Call | null {
  if (call === null || call === before) return call;
  const former = sameCall(before, call) ? before : null;
  const isOn = (id: string) => call.participants.includes(id);
  const isOpen = (leg: Leg) => leg.leftAt === null;
  const past = (former?.legs ?? []).map((leg) => (isOpen(leg) && !isOn(leg.attendee) ? { ...leg, leftAt: now } : leg));
  const known = new Set(past.filter(isOpen).map((leg) => leg.attendee));
  const fresh = call.participants
    .filter((id) => !known.has(id))
    .map((id) => ({
      attendee: id,
      user: attendees.find((one) => one.id === id)?.user ?? null,
      joinedAt: now,
      leftAt: null,
    }));
  return { ...call, legs: [...past, ...fresh] };
}

function sameCall(one: Call | null, other: Call | null): boolean {
  return one !== null && other !== null && one.uid === other.uid && one.id === other.id;
}

/** What happened between two documents of a workspace, in the order in which others should hear it. */
function eventsBetween(
  before: Workspace | null,
  next: Workspace,
  causes: readonly Cause[],
  now: number,
): WorkspaceEvent[] {
  const events: WorkspaceEvent[] = [];
  if (before === null) {
    const owner = { id: next.owner.id, name: next.owner.name, user: userId(next.ownerUser) };
    events.push({ type: 'workspace.created', at: now, data: { owner } });
    const opened = consultationEvent(next, 0, null);
    if (opened) events.push({ type: 'consultation.opened', at: now, data: opened });
  }
  const wasThere = (id: string) => before !== null && find(before, id) !== undefined;
  const waited = new Set(before?.waiting.map(({ id }) => id));
  for (const person of next.waiting.filter(({ id }) => !waited.has(id))) {
    events.push({ type: 'attendee.waiting', at: now, data: { waiting: eventAttendee(person) } });
  }
  const joined = next.attendees.filter(({ id }) => !wasThere(id));
  const left = before?.attendees.filter(({ id }) => !find(next, id)) ?? [];
  for (const attendee of joined) {
    events.push({ type: 'attendee.joined', at: now, data: { attendee: eventAttendee(attendee) } });
  }
  const isKicked = ({ id }: Attendee) => causes.some((cause) => cause.type === 'kicked' && cause.attendee === id);
  for (const attendee of left.filter(isKicked)) {
    events.push({ type: 'attendee.kicked', at: now, data: { attendee: eventAttendee(attendee) } });
  }
  if (before) events.push(...missedInvites(before, next, causes, now));
  events.push(...callEvents(before, next, causes, now));
  events.push(...recordingEvents(before, next, now));
  for (const attendee of left) {
    const reason = reasonToLeave(attendee, next, causes);
    events.push({ type: 'attendee.left', at: now, data: { attendee: eventAttendee(attendee), reason } });
  }
  if (next.closed !== null) {
    const closed = consultationEvent(next, Math.round((before ? usedMs(before, now) : 0) / 1000), now);
    if (closed) events.push({ type: 'consultation.closed', at: now, data: closed });
    const cause = causes.find((each) => each.type === 'closed');
    events.push({ type: 'workspace.closed', at: now, data: { reason: cause?.reason ?? 'destroyed' } });
  }
  return events;
}

function reasonToLeave(
  { id }: Attendee,
  next: Workspace,
  causes: readonly Cause[],
): 'kicked' | 'lost' | 'closed' | 'left' {
  for (const cause of causes) {
    if ((cause.type === 'kicked' || cause.type === 'lost') && cause.attendee === id) return cause.type;
  }
  return next.closed === null ? 'left' : 'closed';
}

/** What happened to the calls: the end of the former one, then the beginning of another, then who came and went. */
function callEvents(
  before: Workspace | null,
  next: Workspace,
  causes: readonly Cause[],
  now: number,
): WorkspaceEvent[] {
  const former = before?.call ?? null;
  const { call } = next;
  const events: WorkspaceEvent[] = [];
  const nameOf = (id: string): EventAttendee => {
    const attendee = find(next, id) ?? (before && find(before, id));
    return attendee ? eventAttendee(attendee) : { id, name: '', user: null };
  };
  const isOn = sameCall(former, call);
  if (before && former) events.push(...missedRings(before, former, isOn ? call : null, causes, now));
  if (former && !isOn) {
    const end = endedAt(former, now);
    for (const leg of former.legs.filter(({ leftAt }) => leftAt === null)) {
      events.push(leftCall(former, nameOf(leg.attendee), leg, end));
    }
    events.push(endOf(former, next, endReason(before, next, causes), end));
  }
  if (call && !isOn) {
    const caller = nameOf(call.participants[0] ?? next.owner.id);
    const data = { call: { id: call.uid, clientCallId: call.id }, startedAt: call.startedAt, caller };
    events.push({ type: 'call.started', at: now, data });
  }
  if (call) {
    for (const [index, leg] of call.legs.entries()) {
      const known = isOn ? former?.legs[index] : undefined;
      if (!known)
        events.push({
          type: 'call.participant_joined',
          at: now,
          data: { call: { id: call.uid }, attendee: nameOf(leg.attendee) },
        });
      if (leg.leftAt !== null && (known?.leftAt ?? null) === null)
        events.push(leftCall(call, nameOf(leg.attendee), leg, now));
    }
  }
  return events;
}

/** What happened to the recordings: the end of the former one, the beginning of another, and who agreed to it. */
function recordingEvents(before: Workspace | null, next: Workspace, now: number): WorkspaceEvent[] {
  const former = before?.recording ?? null;
  const { recording } = next;
  if (former === recording) return [];
  const events: WorkspaceEvent[] = [];
  const isOn = former?.id === recording?.id;
  if (former && !isOn) {
    const { id, call, startedAt } = former;
    const data = { recording: { id }, call: { id: call }, startedAt, stoppedAt: now };
    events.push({ type: 'recording.stopped', at: now, data });
  }
  if (!recording) return events;
  const { id, call, startedAt, startedBy } = recording;
  if (!isOn) {
    const by = startedBy === null ? null : { id: startedBy };
    const data = { recording: { id }, call: { id: call }, startedAt, startedBy: by };
    events.push({ type: 'recording.started', at: now, data });
  }
  for (const consent of recording.consents) {
    const person = find(next, consent.attendee);
    if (!person || former?.consents.includes(consent)) continue;
    const { given, text } = consent;
    const data = { recording: { id }, attendee: eventAttendee(person), given, text };
    events.push({ type: 'recording.consent', at: now, data });
  }
  return events;
}

function leftCall(call: Call, attendee: EventAttendee, leg: Leg, now: number): WorkspaceEvent {
  const seconds = secondsBetween(leg.joinedAt, leg.leftAt ?? now);
  return { type: 'call.participant_left', at: now, data: { call: { id: call.uid }, attendee, seconds } };
}

function endReason(before: Workspace | null, next: Workspace, causes: readonly Cause[]): CallEndReason {
  const cause = causes.find((each) => each.type === 'call-ended');
  if (cause) return cause.reason;
  const isClosedFirst = causes.every((each) => each.type !== 'closed' || each.reason !== 'call-over');
  if (next.closed !== null && isClosedFirst) return 'workspace-closed';
  const isLost = (id: string) => causes.some((each) => each.type === 'lost' && each.attendee === id);
  return before?.call?.participants.some(isLost) ? 'lost' : 'everybody-left';
}

function endOf(call: Call, { externalId, metadata }: Workspace, reason: CallEndReason, now: number): WorkspaceEvent {
  const { uid, id, startedAt, connectedAt } = call;
  return {
    type: 'call.ended',
    at: now,
    data: {
      call: { id: uid, clientCallId: id },
      startedAt,
      connectedAt,
      endedAt: now,
      durationSeconds: secondsBetween(startedAt, now),
      billableSeconds: connectedAt === null ? 0 : secondsBetween(connectedAt, now),
      endReason: reason,
      participants: participantsOf(call.legs, now),
      externalId,
      metadata,
    },
  };
}

/** One entry for each attendee, however often it left the call and came back. @param now when those leave who are on it */
export function participantsOf(legs: readonly Leg[], now: number): EventParticipant[] {
  const participants = new Map<string, EventParticipant>();
  for (const { attendee, user, joinedAt, leftAt } of legs) {
    const end = leftAt ?? now;
    const former = participants.get(attendee);
    participants.set(attendee, {
      attendee: { id: attendee },
      user: userId(user),
      joinedAt: former?.joinedAt ?? joinedAt,
      leftAt: end,
      seconds: (former?.seconds ?? 0) + secondsBetween(joinedAt, end),
    });
  }
  return [...participants.values()];
}

/** Rings that ended without an answer: neither accepted nor declined. */
function missedRings(
  before: Workspace,
  former: Call,
  call: Call | null,
  causes: readonly Cause[],
  now: number,
): WorkspaceEvent[] {
  const isDeclined = (callee: string) => causes.some((each) => each.type === 'declined' && each.attendee === callee);
  const isLost = (callee: string) => causes.some((each) => each.type === 'lost' && each.attendee === callee);
  const goesOn = (caller: string, callee: string) =>
    call?.rings.some((ring) => ring.caller === caller && ring.callee === callee) ?? false;
  const missed = former.rings.filter(
    ({ caller, callee }) =>
      !former.participants.includes(callee) &&
      !(call?.participants.includes(callee) ?? false) &&
      !isDeclined(callee) &&
      !goesOn(caller, callee),
  );
  return missed.map(({ caller, callee, until }) => ({
    type: 'call.missed',
    at: now,
    data: {
      call: { id: former.uid },
      attendee: { id: callee },
      user: userId(find(before, callee)?.user ?? null),
      from: eventAttendee(find(before, caller) ?? { ...before.owner, user: before.ownerUser }),
      media: 'video',
      reason: until <= now || isLost(callee) ? 'unanswered' : 'cancelled',
    },
  }));
}

/** Rings of users who were not in the workspace, and that ended without an answer. */
function missedInvites(before: Workspace, next: Workspace, causes: readonly Cause[], now: number): WorkspaceEvent[] {
  const isAnswered = (id: string) => causes.some((each) => each.type === 'invite-answered' && each.invite === id);
  return before.invites
    .filter(({ id, ring }) => ring && !isAnswered(id) && !next.invites.some((each) => each.id === id))
    .map((each) => missed(before, each, each.until !== null && each.until <= now ? 'unanswered' : 'cancelled', now));
}

function eventAttendee({ id, name, user }: Pick<Attendee, 'id' | 'name' | 'user'>): EventAttendee {
  return { id, name, user: userId(user) };
}

function userId(user: string | null) {
  return user === null ? null : { id: user };
}

/** Whole seconds, rounded. @param from, until ms since the epoch */
function secondsBetween(from: number, until: number): number {
  return Math.max(0, Math.round((until - from) / 1000));
}
