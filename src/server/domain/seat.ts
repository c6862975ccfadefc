import { type Refusal, refuse, refuseBy } from '../../protocol/errors.ts';
import { missedByLost, offCallEffects, withNewPageOf, withoutParticipant } from './call.ts';
import {
  amended,
  type Change,
  type Effect,
  find,
  inSequence,
  isLegacy,
  isModern,
  others,
  unchanged,
  withAttendee,
} from './change.ts';
import type { EventData } from './events.ts';
import { acceptInvites, closedInvites } from './invites.ts';
import { attendeeRecord, recordOf } from './view.ts';
import type { Attendee, Call, Profile, Workspace } from './workspace.ts';

/** An attendee that takes a seat, and its connection. */
export interface Arrival {
  profile: Profile;
  session: string | null;
  connection: string;
  legacy: boolean;
  /** The user who signed in on the connection; null for a guest. */
  user: string | null;
}

/** An attendee that has just taken a seat. */
export function seated({ profile, session, connection, legacy, user }: Arrival): Attendee {
  return { ...profile, session, connection, legacy, user, admitted: null, droppedAt: null, mic: true, cam: true };
}

/** What every new workspace begins with. */
export const blank = {
  renewals: 0,
  admission: 'open',
  attendees: [],
  waiting: [],
  call: null,
  recording: null,
  used: false,
  kickedUsers: [],
  invites: [],
  dialled: false,
  externalId: null,
  metadata: {},
  capacity: null,
  callBudgetMs: null,
  callUsedMs: 0,
  consultation: null,
  closed: null,
  seq: 0,
  outbox: [],
  rev: 1,
} satisfies Partial<Workspace>;

/** Creates a workspace and seats its owner. */
export function create(
  given: Pick<Workspace, 'id' | 'name' | 'avatar' | 'pinHash'> & Partial<Pick<Workspace, 'admission'>>,
  owner: Arrival,
  now: number,
): Change {
  const next: Workspace = {
    ...blank,
    ...given,
    created: now,
    touched: now,
    owner: owner.profile,
    ownerUser: owner.user,
  };
  return { next: { ...next, attendees: [seated(owner)] }, effects: [], ended: [] };
}

/**
 * Seats a new attendee. A user whom the owner removed stays out.
 * @param most the seats that a workspace may have; it can have fewer itself
 */
export function attend(
  workspace: Workspace,
  arrival: Arrival,
  most: number,
  now: number,
): Change | Refusal<'FULL' | 'KICKED'> {
  if (isKicked(workspace, arrival.user)) return refuse('KICKED');
  return seatGuest(workspace, seated(arrival), most, now);
}

/** Seats the user of an invite, which is over then, and whoever comes later comes too late. */
export function accept(
  workspace: Workspace,
  invite: string,
  arrival: Arrival,
  most: number,
  now: number,
): Change | Refusal<'FULL' | 'KICKED' | 'INVITE_OVER'> {
  const isOpen = workspace.invites.some(({ id, user }) => id === invite && user === arrival.user);
  return isOpen ? attend(workspace, arrival, most, now) : refuse('INVITE_OVER');
}

/** Gives a guest a free seat. A user who is rung here has come with that. @param most as for `attend` */
export function seatGuest(
  workspace: Workspace,
  attendee: Attendee,
  most: number,
  now: number,
): Change | Refusal<'FULL'> {
  if (!hasFreeSeat(workspace, most)) {
    return refuseBy('max_capacity_of_workspace', 'FULL', { capacity: capacityOf(workspace, most) });
  }
  const { user, connection } = attendee;
  const sitting = sit({ ...workspace, used: true }, attendee, now);
  if (user === null || workspace.invites.length === 0) return sitting;
  return inSequence<never>(workspace, [() => sitting, (current) => acceptInvites(current, user, connection, now)]);
}

/** The seats of a workspace, the owner's included. @param most as for `attend` */
export function capacityOf({ capacity }: Workspace, most: number): number {
  return Math.min(capacity ?? most, most);
}

/** Whether there is a seat for another guest. One is always reserved for the owner. @param most as for `attend` */
export function hasFreeSeat(workspace: Workspace, most: number): boolean {
  return others(workspace, workspace.owner.id).length < capacityOf(workspace, most) - 1;
}

/** Whether the owner has removed a user, and not invited the user again since. */
export function isKicked({ kickedUsers }: Workspace, user: string | null): boolean {
  return user !== null && kickedUsers.includes(user);
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

/**
 * Takes a seat again. The same page keeps its media; for another page the others build their peer connections anew. A
 * client of Engine.IO 3 cannot name its page, so it counts as another page each time, and leaves the call.
 * Only the owner can take a seat again after leaving it. The seat stays that of its user, unless another user arrives.
 */
export function reattend(workspace: Workspace, arrival: Arrival, now: number): Change | Refusal<'NOT_SEATED'> {
  const { profile, session, connection, legacy } = arrival;
  const isOwner = profile.id === workspace.owner.id;
  const base = isOwner ? { ...workspace, owner: profile, ownerUser: workspace.ownerUser ?? arrival.user } : workspace;
  const former = find(workspace, profile.id);
  const user = arrival.user ?? (former ? former.user : base.ownerUser);
  if (!former) return isOwner ? sit(base, seated({ ...arrival, user }), now) : refuse('NOT_SEATED');

  const samePage = !legacy && session !== null && session === former.session;
  const attendee: Attendee = {
    ...former,
    ...profile,
    session,
    connection,
    legacy,
    user,
    admitted: null,
    droppedAt: null,
  };
  const next = amended(
    base,
    { attendees: withAttendee(workspace, attendee), call: callAfterReturn(workspace.call, former, attendee) },
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

/** The call after an attendee came back, whose new page may know nothing of it. */
function callAfterReturn(call: Call | null, former: Attendee, { id, session, legacy }: Attendee): Call | null {
  if (legacy) return withNewPageOf(call, id, true);
  const isAnotherPage = session !== null && former.session !== null && session !== former.session;
  return isAnotherPage ? withNewPageOf(call, id, false) : call;
}

function presence(next: Workspace, attendee: Attendee): Effect {
  return {
    to: others(next, attendee.id),
    notice: 'presence',
    payload: { attendee: { id: attendee.id }, connected: attendee.connection !== null, rev: next.rev },
  };
}

/**
 * Binds a seat to the connection that proved it last. Every command of a seat does this. Its sender has the access token,
 * and needs no other way to the seat any more.
 */
export function bind(
  workspace: Workspace,
  attendeeId: string,
  { connection, legacy }: Pick<Arrival, 'connection' | 'legacy'>,
  now: number,
): Change | Refusal<'NOT_SEATED'> {
  const former = find(workspace, attendeeId);
  if (!former) return refuse('NOT_SEATED');
  if (former.connection === connection && former.admitted === null) return unchanged(workspace);
  const attendee: Attendee = { ...former, connection, legacy, admitted: null, droppedAt: null };
  const next = amended(workspace, { attendees: withAttendee(workspace, attendee) }, now);
  return { next, effects: former.connection === null ? [presence(next, attendee)] : [], ended: [] };
}

/**
 * Begins the grace time of a seat whose connection is gone, unless a newer connection holds the seat.
 * @param options `holder`: another connection that was given the same seat at the same time and is still there;
 *   `droppedAt`: when the connection was lost, ms since the epoch, if not now
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
  const next = amended(workspace, { attendees: withAttendee(workspace, attendee) }, now);
  return { next, effects: holder ? [] : [presence(next, attendee)], ended: [] };
}

/** Takes an attendee's seat away, and its part in the call. */
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

/** Ends a seat: its attendee leaves, or its grace time is over (`isLost`). */
export function leave(workspace: Workspace, attendeeId: string, now: number, isLost = false): Change {
  const record = recordOf(workspace, attendeeId);
  const { next, effects } = unseat(workspace, attendeeId, now);
  return {
    next,
    effects: [
      ...effects,
      ...(isLost ? missedByLost(workspace, attendeeId) : []),
      { to: others(next, attendeeId), notice: 'leave', payload: { ...record, onCall: false, connected: false } },
    ],
    ended: [attendeeId],
    ...(isLost ? { causes: [{ type: 'lost', attendee: attendeeId }] } : {}),
  };
}

/** Ends a seat because the owner removes its attendee. A user stays out from then on. */
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
  const { next: without, effects } = unseat(workspace, attendeeId, now);
  return {
    next: { ...without, kickedUsers: withUser(without.kickedUsers, kicked.user) },
    effects: [
      ...effects,
      { to: others(workspace, owner.id), notice: 'kicked', payload: { id: kicked.id, name: kicked.name } },
      // Clients of Engine.IO 3 do not know `kicked`. A `leave` with the client's own id tells it that it was kicked; a
      // `leave` with another id says that this attendee is gone. An owner with such a client gets it too, as its answer.
      {
        to: workspace.attendees.filter(isLegacy).map((attendee) => attendee.id),
        notice: 'leave',
        payload: { ...attendeeRecord(workspace, kicked), onCall: false, connected: false },
      },
    ],
    ended: [attendeeId],
    causes: [{ type: 'kicked', attendee: attendeeId }],
  };
}

function withUser(users: readonly string[], user: string | null): readonly string[] {
  return user === null || users.includes(user) ? users : [...users, user];
}

/** Closes the workspace for everybody. @param reason as the event of it says */
export function destroy(workspace: Workspace, reason: EventData['workspace.closed']['reason'] = 'destroyed'): Change {
  return {
    causes: [{ type: 'closed', reason }],
    next: null,
    effects: [{ to: others(workspace, workspace.owner.id), notice: 'destroyed', payload: {} }],
    ...toldInWaitingRoom(workspace),
    ...(workspace.invites.length > 0 ? { userEffects: closedInvites(workspace) } : {}),
    ended: workspace.attendees.map((attendee) => attendee.id),
  };
}

function toldInWaitingRoom({ waiting }: Workspace): Pick<Change, 'waitingEffects'> {
  if (waiting.length === 0) return {};
  return { waitingEffects: [{ toWaiting: waiting.map(({ id }) => id), notice: 'destroyed', payload: {} }] };
}

/** Turns an attendee's microphone or camera on or off. */
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
    next: amended(workspace, { attendees: withAttendee(workspace, { ...attendee, [device]: state }) }, now),
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
