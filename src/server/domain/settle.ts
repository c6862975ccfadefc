import { expireRings } from './call.ts';
import { endAtLimit, warn } from './call-limit.ts';
import { nextWarning } from './call-time.ts';
import { type Change, inSequence } from './change.ts';
import { expireInvites, ringDeadline } from './invites.ts';
import { drop, leave } from './seat.ts';
import { dropPlace, endPlaces } from './waiting.ts';
import type { Attendee, WaitingPerson, Workspace } from './workspace.ts';

/** The server's own outages, which no document holds. Times are in ms since the epoch. */
export interface Absence {
  /** When a connection was lost together with its node; null where it was not. */
  lostAt(connection: string): number | null;
  /** Since when clients can come back. A grace time begins no earlier than this. */
  readonly backSince: number;
  /** How much of the time since then nobody could be heard, ms. It counts to no grace time. */
  unheardMs(since: number): number;
}

/** A server that had no outage. */
const never: Absence = { lostAt: () => null, backSince: Number.NEGATIVE_INFINITY, unheardMs: () => 0 };

function graceEnd({ droppedAt }: Attendee | WaitingPerson, graceMs: number, absence: Absence): number {
  if (droppedAt === null) return Number.POSITIVE_INFINITY;
  const begin = Math.max(droppedAt, absence.backSince);
  return begin + graceMs + absence.unheardMs(begin);
}

/**
 * Does what time alone has decided: it drops the connections of lost nodes, ends a call whose time is over, ends seats and
 * places of the waiting room whose grace time is over, rings and invites that nobody answered, and warns participants before
 * their call ends. It runs before every other transition, so that no rule depends on a punctual timer.
 */
export function settle(workspace: Workspace, graceMs: number, now: number, absence: Absence = never): Change {
  return inSequence<never>(workspace, [
    (current) => each(current, (attendee) => losses(attendee, absence, now)),
    (current) => endAtLimit(current, now),
    (current) => each(current, (attendee) => departures(attendee, graceEnd(attendee, graceMs, absence), now)),
    (current) => lostPlaces(current, absence, now),
    (current) => endPlaces(current, (person) => graceEnd(person, graceMs, absence) <= now, now),
    (current) => expireRings(current, now),
    (current) => expireInvites(current, now),
    (current) => warn(current, now),
  ]);
}

type Transition = (workspace: Workspace) => Change;

function each(workspace: Workspace, transitions: (attendee: Attendee) => Transition[]): Change {
  return inSequence<never>(workspace, workspace.attendees.flatMap(transitions));
}

function losses({ id, connection }: Attendee, absence: Absence, now: number): Transition[] {
  const at = connection === null ? null : absence.lostAt(connection);
  if (connection === null || at === null) return [];
  return [(current) => drop(current, id, connection, now, { droppedAt: Math.min(at, now) })];
}

function lostPlaces(workspace: Workspace, absence: Absence, now: number): Change {
  const transitions = workspace.waiting.flatMap(({ id, connection }): Transition[] => {
    const at = connection === null ? null : absence.lostAt(connection);
    if (connection === null || at === null) return [];
    return [(current) => dropPlace(current, id, connection, now, { droppedAt: Math.min(at, now) })];
  });
  return inSequence<never>(workspace, transitions);
}

function departures({ id }: Attendee, end: number, now: number): Transition[] {
  return end <= now ? [(current) => leave(current, id, now, true)] : [];
}

/** When `settle` has something to do next, in ms since the epoch; Infinity when never. */
export function nextDeadline(workspace: Workspace, graceMs: number, absence: Absence = never): number {
  return Math.min(
    ...workspace.attendees.map((attendee) => graceEnd(attendee, graceMs, absence)),
    ...workspace.waiting.map((person) => graceEnd(person, graceMs, absence)),
    ...(workspace.call?.rings.map((ring) => ring.until) ?? []),
    callDeadline(workspace),
    ringDeadline(workspace),
  );
}

/** When the limit of the call has to be looked at next, in ms since the epoch; Infinity: never. */
export function callDeadline({ call }: Workspace): number {
  if (call === null || call.endsAt === null) return Number.POSITIVE_INFINITY;
  return Math.min(call.endsAt, nextWarning(call));
}
