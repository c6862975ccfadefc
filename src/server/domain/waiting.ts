import { isRefusal, type Refusal, refuse, refuseBy } from '../../protocol/errors.ts';
import {
  amended,
  type Change,
  type Effect,
  find,
  inSequence,
  others,
  unchanged,
  type WaitingEffect,
} from './change.ts';
import { type Arrival, capacityOf, hasFreeSeat, isKicked, leave, reattend, seatGuest } from './seat.ts';
import { knockRecord, waitingPlace } from './view.ts';
import type { Admission, Attendee, WaitingPerson, Workspace } from './workspace.ts';

// The waiting room: with the admission 'ask', newcomers have a place in a queue until the owner admits them. A place is no
// seat. It counts for no capacity, and its holder learns nothing of the people inside.

const FULL_WAITING_ROOM = 'As many people as can wait here are waiting already. Try again in a while.';

/** Whether somebody has to wait who attends as a guest or as a user. */
export function mustWait({ admission, invites, ownerUser }: Workspace, user: string | null): boolean {
  if (admission === 'open') return false;
  return user === null || (user !== ownerUser && !invites.some((invite) => invite.user === user));
}

export function findWaiting({ waiting }: Workspace, personId: string): WaitingPerson | undefined {
  return waiting.find(({ id }) => id === personId);
}

/** The place of a page that knocked before, by the page itself or by its connection. */
export function placeOf(
  { waiting }: Workspace,
  { session, connection }: Pick<Arrival, 'session' | 'connection'>,
): WaitingPerson | undefined {
  return (
    waiting.find((person) => person.connection === connection) ??
    waiting.find((person) => session !== null && person.session === session)
  );
}

/**
 * Takes the last place in the waiting room. The owner hears it.
 * @param mostWaiting the places of a waiting room
 * @param most the seats that a workspace may have
 */
export function knock(
  workspace: Workspace,
  { profile, session, connection, user }: Arrival,
  { mostWaiting, most }: { mostWaiting: number; most: number },
  now: number,
): Change | Refusal<'FULL' | 'KICKED'> {
  if (isKicked(workspace, user)) return refuse('KICKED');
  if (workspace.waiting.length >= mostWaiting) {
    return refuseBy('max_waiting', 'FULL', { capacity: capacityOf(workspace, most) }, FULL_WAITING_ROOM);
  }
  const person: WaitingPerson = { ...profile, session, connection, user, droppedAt: null, since: now };
  return queued(workspace, [...workspace.waiting, person], now);
}

/** Keeps the place for another connection, or for another name. */
export function returnToPlace(
  workspace: Workspace,
  { profile, session, connection, user }: Arrival,
  now: number,
): Change | Refusal<'NOT_SEATED'> {
  const former = findWaiting(workspace, profile.id);
  if (!former) return refuse('NOT_SEATED');
  const person: WaitingPerson = {
    ...former,
    ...profile,
    session: session ?? former.session,
    connection,
    user: user ?? former.user,
    droppedAt: null,
  };
  return queued(workspace, withPerson(workspace, person), now);
}

/**
 * A connection of the waiting room is gone: its place is kept for the grace time.
 * @param connection the name of that connection; the place may have another one meanwhile
 * @param droppedAt ms since the epoch, if not now
 */
export function dropPlace(
  workspace: Workspace,
  personId: string,
  connection: string,
  now: number,
  { holder = null, droppedAt = now }: { holder?: string | null; droppedAt?: number } = {},
): Change {
  const former = findWaiting(workspace, personId);
  if (former?.connection !== connection) return unchanged(workspace);
  const place = holder === null ? { connection: null, droppedAt } : { connection: holder };
  return queued(workspace, withPerson(workspace, { ...former, ...place }), now);
}

/** Ends places: their holders gave up, or their grace times are over. */
export function endPlaces(workspace: Workspace, ended: (person: WaitingPerson) => boolean, now: number): Change {
  if (!workspace.waiting.some(ended)) return unchanged(workspace);
  return queued(
    workspace,
    workspace.waiting.filter((person) => !ended(person)),
    now,
  );
}

/** Ends the place of a page that has a seat now. */
export function endPlaceOf(workspace: Workspace, page: Pick<Arrival, 'session' | 'connection'>, now: number): Change {
  const place = placeOf(workspace, page);
  return place ? endPlaces(workspace, ({ id }) => id === place.id, now) : unchanged(workspace);
}

/** Ends places because their holders are not let in. They hear it. */
export function turnAway(workspace: Workspace, turned: (person: WaitingPerson) => boolean, now: number): Change {
  const toWaiting = workspace.waiting.filter(turned).map(({ id }) => id);
  const change = endPlaces(workspace, turned, now);
  if (toWaiting.length === 0) return change;
  const effect: WaitingEffect = { toWaiting, notice: 'turned-away', payload: {} };
  return { ...change, waitingEffects: [effect, ...(change.waitingEffects ?? [])] };
}

/** Ends the places of users whom the owner has removed: they waited on other connections. */
export function turnAwayKicked(workspace: Workspace, now: number): Change {
  return turnAway(workspace, ({ user }) => isKicked(workspace, user), now);
}

/**
 * Gives somebody who waits a seat, exactly as if the person attended at this moment.
 * @param most the seats that a workspace may have
 */
export function admit(
  workspace: Workspace,
  personId: string,
  most: number,
  now: number,
): Change | Refusal<'NO_SUCH_ATTENDEE' | 'FULL'> {
  const person = findWaiting(workspace, personId);
  if (!person) return refuse('NO_SUCH_ATTENDEE');
  const change = seatGuest(workspace, admittedAttendee(person, now), most, now);
  if (isRefusal(change) || !change.next) return change;
  const next = { ...change.next, waiting: workspace.waiting.filter(({ id }) => id !== personId) };
  return { ...change, next, ...withQueueNotices(workspace, next, change.effects) };
}

/** While everybody may enter: admits those who still wait, in their order, as long as there are seats. */
export function admitInOrder(workspace: Workspace, most: number, now: number): Change {
  if (!canAdmit(workspace, most)) return unchanged(workspace);
  let done: Change = unchanged(workspace);
  for (const { id } of workspace.waiting) {
    if (!done.next) break;
    const person = findWaiting(done.next, id);
    const change = person && seatGuest(done.next, admittedAttendee(person, now), most, now);
    if (!change || isRefusal(change) || !change.next) break;
    const waiting = change.next.waiting.filter((each) => each.id !== id);
    done = { ...done, next: { ...change.next, waiting }, effects: [...done.effects, ...change.effects] };
  }
  return done.next ? { ...done, ...withQueueNotices(workspace, done.next, done.effects) } : done;
}

/** Whether `admitInOrder` has somebody to admit. */
export function canAdmit(workspace: Workspace, most: number): boolean {
  return workspace.admission === 'open' && workspace.waiting.length > 0 && hasFreeSeat(workspace, most);
}

/** The owner changes whether newcomers have to wait. Those who wait enter once nobody has to. */
export function changeAdmission(workspace: Workspace, admission: Admission, most: number, now: number): Change {
  const to = others(workspace, workspace.owner.id);
  return inSequence<never>(workspace, [
    (current) => setAdmission(current, admission, to, now),
    (current) => admitInOrder(current, most, now),
  ]);
}

/** Changes whether newcomers have to wait. @param to the attendees who hear it */
export function setAdmission(workspace: Workspace, admission: Admission, to: readonly string[], now: number): Change {
  if (workspace.admission === admission) return unchanged(workspace);
  return {
    next: amended(workspace, { admission }, now),
    effects: [{ to, notice: 'admission', payload: { admission } }],
    ended: [],
  };
}

/**
 * The seat that a page was admitted to, whose access token it did not get because its connection was lost. The others know
 * the session of a page: so this is possible only for a while after the admission, and until the access token was used.
 * @param forMs how long after the admission, ms
 */
export function seatOfPage({ attendees }: Workspace, session: string | null, forMs: number, now: number) {
  return attendees.find(
    ({ admitted }) => admitted !== null && admitted.session === session && now - admitted.at <= forMs,
  );
}

/** Takes that seat. The access token may get lost again. */
export function takeAdmittedSeat(workspace: Workspace, arrival: Arrival, now: number): Change | Refusal<'NOT_SEATED'> {
  const admitted = find(workspace, arrival.profile.id)?.admitted ?? null;
  const change = reattend(workspace, arrival, now);
  if (isRefusal(change) || !change.next) return change;
  const attendees = change.next.attendees.map((each) =>
    each.id === arrival.profile.id ? { ...each, admitted } : each,
  );
  return { ...change, next: { ...change.next, attendees } };
}

/** Somebody gives up: the place ends, or the seat that the owner has given to the person at this moment. */
export function giveUp(workspace: Workspace, personId: string, connection: string, now: number): Change {
  if (find(workspace, personId)?.connection === connection) return leave(workspace, personId, now);
  return endPlaces(workspace, (person) => person.id === personId && person.connection === connection, now);
}

/** The session of a page that is away stays hidden until it comes back: it opens the seat. */
function admittedAttendee(person: WaitingPerson, now: number): Attendee {
  const { id, name, avatar, session, connection, droppedAt, user } = person;
  const admitted = session === null ? null : { session, at: now };
  const profile = { id, name, avatar, session: connection === null ? null : session };
  return { ...profile, connection, droppedAt, user, admitted, legacy: false, mic: true, cam: true };
}

function withPerson({ waiting }: Workspace, person: WaitingPerson): readonly WaitingPerson[] {
  return waiting.map((each) => (each.id === person.id ? person : each));
}

function queued(workspace: Workspace, waiting: readonly WaitingPerson[], now: number): Change {
  const next = amended(workspace, { waiting }, now);
  return { next, ended: [], ...withQueueNotices(workspace, next, []) };
}

/**
 * The notices that a change of the queue causes: the owner hears who came and who is gone, and those who wait hear their
 * places where these are others than before. A newcomer gets the place as the answer.
 */
function withQueueNotices(
  before: Workspace,
  next: Workspace,
  effects: readonly Effect[],
): Pick<Change, 'effects' | 'waitingEffects'> {
  const to = find(next, next.owner.id) ? [next.owner.id] : [];
  const gone = before.waiting.filter(({ id }) => !findWaiting(next, id));
  const come = next.waiting.filter((person) => {
    const former = findWaiting(before, person.id);
    return former?.name !== person.name || former.user !== person.user;
  });
  const moved = next.waiting.filter(({ id }, at) => {
    const place = before.waiting.findIndex((person) => person.id === id);
    return place !== -1 && place !== at;
  });
  const told: Effect[] = [
    ...gone.map(({ id }): Effect => ({ to, notice: 'knock-ended', payload: { waiting: { id } } })),
    ...come.map((person): Effect => ({ to, notice: 'knock', payload: { waiting: knockRecord(person) } })),
  ];
  const waitingEffects = moved.map(
    ({ id }): WaitingEffect => ({ toWaiting: [id], notice: 'waiting', payload: waitingPlace(next, id) }),
  );
  return { effects: [...effects, ...told], ...(waitingEffects.length > 0 ? { waitingEffects } : {}) };
}
