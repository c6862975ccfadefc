import { type Refusal, refuse } from '../../protocol/errors.ts';
import { offCallEffects, withoutParticipant, withoutRingsOf } from './call.ts';
import { amended, type Change, type Effect, find, isLegacy, isModern, others, unchanged } from './change.ts';
import { attendeeRecord, recordOf } from './view.ts';
import type { Attendee, Call, Profile, Workspace } from './workspace.ts';

/** Who comes, and over which connection. */
export interface Arrival {
  profile: Profile;
  session: string | null;
  connection: string;
  legacy: boolean;
}

function seated({ profile, session, connection, legacy }: Arrival): Attendee {
  return { ...profile, session, connection, legacy, droppedAt: null, mic: true, cam: true };
}

/** A new workspace, its owner seated. */
export function create(
  { id, name, avatar, pinHash }: Pick<Workspace, 'id' | 'name' | 'avatar' | 'pinHash'>,
  owner: Arrival,
  now: number,
): Change {
  const next: Workspace = {
    id,
    name,
    avatar,
    pinHash,
    renewals: 0,
    created: now,
    owner: owner.profile,
    attendees: [seated(owner)],
    call: null,
    rev: 1,
    touched: now,
  };
  return { next, effects: [], ended: [] };
}

/** Seats a newcomer. One place is always the owner's, whether the owner is there or not. */
export function attend(
  workspace: Workspace,
  arrival: Arrival,
  capacity: number,
  now: number,
): Change | Refusal<'FULL'> {
  const guests = others(workspace, workspace.owner.id).length;
  if (guests >= capacity - 1) return refuse('FULL', { capacity });
  return sit(workspace, seated(arrival), now);
}

function sit(workspace: Workspace, attendee: Attendee, now: number): Change {
  const next = amended(workspace, { attendees: [...workspace.attendees, attendee] }, now);
  const effect: Effect = {
    to: others(workspace, attendee.id),
    notice: 'attend',
    payload: attendeeRecord(next, attendee),
  };
  return { next, effects: [effect], ended: [] };
}

function replaced(workspace: Workspace, attendee: Attendee): readonly Attendee[] {
  return workspace.attendees.map((each) => (each.id === attendee.id ? attendee : each));
}

/**
 * Takes a seat again. Who comes with the same page keeps its media; with another page the pairs are built anew, and a
 * client of Engine.IO 3, which cannot say, counts as another page each time and is off the call.
 * The owner's place waits even after leaving; nobody else's does.
 */
export function reattend(workspace: Workspace, arrival: Arrival, now: number): Change | Refusal<'NOT_SEATED'> {
  const { profile, session, connection, legacy } = arrival;
  const isOwner = profile.id === workspace.owner.id;
  const base = isOwner ? { ...workspace, owner: profile } : workspace;
  const former = find(workspace, profile.id);
  if (!former) return isOwner ? sit(base, seated(arrival), now) : refuse('NOT_SEATED');

  const samePage = !legacy && session !== null && session === former.session;
  const attendee: Attendee = { ...former, ...profile, session, connection, legacy, droppedAt: null };
  const next = amended(
    base,
    { attendees: replaced(workspace, attendee), call: callAfterReturn(workspace.call, former, attendee) },
    now,
  );
  const record = attendeeRecord(next, attendee);
  const effects: Effect[] = [];
  if (former.connection === null) effects.push(presence(next, attendee));
  if (legacy) effects.push(...offCallEffects(workspace, next, profile.id));
  effects.push({ to: others(next, profile.id, isModern), notice: 'attend', payload: record });
  if (!samePage) {
    const legacyOthers = others(next, profile.id, isLegacy);
    effects.push({ to: legacyOthers, notice: 'leave', payload: record });
    effects.push({ to: legacyOthers, notice: 'attend', payload: record });
  }
  return { next, effects, ended: [] };
}

/** What is left of the call when somebody comes back who may have forgotten it, or the rings of it. */
function callAfterReturn(call: Call | null, former: Attendee, { id, session, legacy }: Attendee): Call | null {
  if (legacy) return withoutParticipant(call, id);
  const isAnotherPage = session !== null && former.session !== null && session !== former.session;
  return isAnotherPage ? withoutRingsOf(call, id) : call;
}

function presence(next: Workspace, attendee: Attendee): Effect {
  return {
    to: others(next, attendee.id),
    notice: 'presence',
    payload: { attendee: { id: attendee.id }, connected: attendee.connection !== null, rev: next.rev },
  };
}

/** Gives a seat to the newest connection that proved it, as any command does. */
export function bind(
  workspace: Workspace,
  attendeeId: string,
  { connection, legacy }: Pick<Arrival, 'connection' | 'legacy'>,
  now: number,
): Change | Refusal<'NOT_SEATED'> {
  const former = find(workspace, attendeeId);
  if (!former) return refuse('NOT_SEATED');
  if (former.connection === connection) return unchanged(workspace);
  const attendee: Attendee = { ...former, connection, legacy, droppedAt: null };
  const next = amended(workspace, { attendees: replaced(workspace, attendee) }, now);
  return { next, effects: former.connection === null ? [presence(next, attendee)] : [], ended: [] };
}

/**
 * A connection is gone. Its seat is kept, unless a newer connection holds it already.
 * @param options `holder`: who is still there and was told to hold the seat, where the two took it at the same time;
 *   `droppedAt`: when it was lost, should that not be now
 */
export function drop(
  workspace: Workspace,
  attendeeId: string,
  connection: string,
  now: number,
  {
    holder = null,
    droppedAt = now,
  }: { holder?: Pick<Arrival, 'connection' | 'legacy'> | null; droppedAt?: number } = {},
): Change {
  const former = find(workspace, attendeeId);
  if (former?.connection !== connection) return unchanged(workspace);
  const attendee: Attendee = { ...former, ...(holder ?? { connection: null, droppedAt }) };
  const next = amended(workspace, { attendees: replaced(workspace, attendee) }, now);
  return { next, effects: holder ? [] : [presence(next, attendee)], ended: [] };
}

/** Takes somebody's seat, and place on the call, away. */
function unseat(workspace: Workspace, attendeeId: string, now: number): { next: Workspace; effects: Effect[] } {
  const next = amended(
    workspace,
    {
      attendees: workspace.attendees.filter((attendee) => attendee.id !== attendeeId),
      call: withoutParticipant(workspace.call, attendeeId),
    },
    now,
  );
  return { next, effects: offCallEffects(workspace, next, attendeeId) };
}

/** Gives a seat up; also what happens to a seat whose grace time is over. */
export function leave(workspace: Workspace, attendeeId: string, now: number): Change {
  const record = recordOf(workspace, attendeeId);
  const { next, effects } = unseat(workspace, attendeeId, now);
  return {
    next,
    effects: [
      ...effects,
      { to: others(next, attendeeId), notice: 'leave', payload: { ...record, onCall: false, connected: false } },
    ],
    ended: [attendeeId],
  };
}

/** The owner removes somebody. */
export function kick(
  workspace: Workspace,
  attendeeId: string,
  now: number,
): Change | Refusal<'NO_SUCH_ATTENDEE' | 'INVALID_PAYLOAD'> {
  const { owner } = workspace;
  if (attendeeId === owner.id) {
    return refuse('INVALID_PAYLOAD', { field: 'kickedAttendee.id' }, 'The owner cannot be removed from the workspace.');
  }
  const kicked = find(workspace, attendeeId);
  if (!kicked) return refuse('NO_SUCH_ATTENDEE');
  const { next, effects } = unseat(workspace, attendeeId, now);
  return {
    next,
    effects: [
      ...effects,
      { to: others(workspace, owner.id), notice: 'kicked', payload: { id: kicked.id, name: kicked.name } },
      // The first generation listens for no `kicked`: a `leave` with the own id tells it that it was kicked, and
      // one with another's id that this one is gone; its owner hears it too, whose client waits for nothing else.
      {
        to: workspace.attendees.filter(isLegacy).map((attendee) => attendee.id),
        notice: 'leave',
        payload: { ...attendeeRecord(workspace, kicked), onCall: false, connected: false },
      },
    ],
    ended: [attendeeId],
  };
}

/** Closes the workspace for everybody. */
export function destroy(workspace: Workspace): Change {
  return {
    next: null,
    effects: [{ to: others(workspace, workspace.owner.id), notice: 'destroyed', payload: {} }],
    ended: workspace.attendees.map((attendee) => attendee.id),
  };
}

/** A microphone or a camera went on or off. */
export function toggle(
  workspace: Workspace,
  attendeeId: string,
  device: 'mic' | 'cam',
  state: boolean,
  now: number,
): Change | Refusal<'NOT_SEATED'> {
  const attendee = find(workspace, attendeeId);
  if (!attendee) return refuse('NOT_SEATED');
  return {
    next: amended(workspace, { attendees: replaced(workspace, { ...attendee, [device]: state }) }, now),
    effects: [
      {
        to: others(workspace, attendeeId),
        notice: `${device}-toggle`,
        payload: { attendee: { id: attendeeId }, state },
      },
    ],
    ended: [],
  };
}
