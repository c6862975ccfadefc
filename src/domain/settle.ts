import { expireRings } from './call.ts';
import { type Change, inSequence } from './change.ts';
import { drop, leave } from './seat.ts';
import type { Attendee, Workspace } from './workspace.ts';

const graceEnd = (attendee: Attendee, graceMs: number) =>
  attendee.droppedAt === null ? Number.POSITIVE_INFINITY : attendee.droppedAt + graceMs;

/** When a connection was lost without anybody there to tell, ms since the epoch; null where it was not. */
export type LostAt = (connection: string) => number | null;

/**
 * Does what time alone has decided: connections of servers that are gone are lost, seats whose grace is over are free,
 * rings that nobody answered are over. It goes before every other transition, so that no rule depends on a timer having
 * been in time.
 */
export function settle(workspace: Workspace, graceMs: number, now: number, lostAt: LostAt = () => null): Change {
  return inSequence<never>(workspace, [
    (current) => each(current, (attendee) => losses(attendee, lostAt, now)),
    (current) => each(current, (attendee) => departures(attendee, graceMs, now)),
    (current) => expireRings(current, now),
  ]);
}

type Transition = (workspace: Workspace) => Change;

function each(workspace: Workspace, transitions: (attendee: Attendee) => Transition[]): Change {
  return inSequence<never>(workspace, workspace.attendees.flatMap(transitions));
}

function losses({ id, connection }: Attendee, lostAt: LostAt, now: number): Transition[] {
  const at = connection === null ? null : lostAt(connection);
  if (connection === null || at === null) return [];
  return [(current) => drop(current, id, connection, now, { droppedAt: Math.min(at, now) })];
}

function departures(attendee: Attendee, graceMs: number, now: number): Transition[] {
  return graceEnd(attendee, graceMs) <= now ? [(current) => leave(current, attendee.id, now)] : [];
}

/** When time will next decide something, in ms since the epoch; Infinity when never. */
export function nextDeadline(workspace: Workspace, graceMs: number): number {
  return Math.min(
    ...workspace.attendees.map((attendee) => graceEnd(attendee, graceMs)),
    ...(workspace.call?.rings.map((ring) => ring.until) ?? []),
    Number.POSITIVE_INFINITY,
  );
}
