import { amended, type Change, unchanged } from './change.ts';
import type { Attendee, Workspace } from './workspace.ts';

/** The clocks of nodes agree within this, ms. */
const AGREE_MS = 1000;

/**
 * Ends the future in a document: where the clock went back since (the machine's before a restart, or that of Redis), grace
 * times and rings would last longer by the whole step.
 * @param ringMs the longest that a ring lasts
 * @param now ms since the epoch
 */
export function withoutFuture(workspace: Workspace, ringMs: number, now: number): Change {
  const latest = now + AGREE_MS;
  const { attendees, call } = workspace;
  const isDropAhead = ({ droppedAt }: Attendee) => droppedAt !== null && droppedAt > latest;
  const isRingAhead = call?.rings.some(({ until }) => until > latest + ringMs) ?? false;
  if (!isRingAhead && !attendees.some(isDropAhead)) return unchanged(workspace);
  const patch = {
    attendees: attendees.map((each) => (isDropAhead(each) ? { ...each, droppedAt: now } : each)),
    call: call && {
      ...call,
      rings: call.rings.map((ring) => ({ ...ring, until: Math.min(ring.until, now + ringMs) })),
    },
  };
  return { ...unchanged(workspace), next: amended(workspace, patch, now) };
}
