import { expireRings } from './call.ts';
import { type Change, inSequence } from './change.ts';
import { leave } from './seat.ts';
import type { Attendee, Workspace } from './workspace.ts';

const graceEnd = (attendee: Attendee, graceMs: number) =>
  attendee.droppedAt === null ? Number.POSITIVE_INFINITY : attendee.droppedAt + graceMs;

/**
 * Does what time alone has decided: seats whose grace is over are free, rings that nobody answered are over.
 * It goes before every other transition, so that no rule depends on a timer having been in time.
 */
export function settle(workspace: Workspace, graceMs: number, now: number): Change {
  const gone = workspace.attendees.filter((attendee) => graceEnd(attendee, graceMs) <= now);
  return inSequence<never>(workspace, [
    ...gone.map((attendee) => (current: Workspace) => leave(current, attendee.id, now)),
    (current) => expireRings(current, now),
  ]);
}

/** When time will next decide something, in ms since the epoch; Infinity when never. */
export function nextDeadline(workspace: Workspace, graceMs: number): number {
  return Math.min(
    ...workspace.attendees.map((attendee) => graceEnd(attendee, graceMs)),
    ...(workspace.call?.rings.map((ring) => ring.until) ?? []),
    Number.POSITIVE_INFINITY,
  );
}
