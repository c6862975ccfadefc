import { amended, type Change, unchanged } from './change.ts';
import type { Call, Workspace } from './workspace.ts';

/** The clocks of nodes agree within this, ms. */
const AGREE_MS = 1000;

/**
 * Ends the future in a document: where the clock went back since (the machine's before a restart, or that of Redis), grace
 * times, rings and calls would last longer by the whole step. A call and its end move together, so that it neither gains nor
 * loses the time until the last change; nobody can know what passed between that change and the step.
 * @param ringMs the longest that a ring lasts
 * @param now ms since the epoch
 */
export function withoutFuture(workspace: Workspace, ringMs: number, now: number): Change {
  const latest = now + AGREE_MS;
  const { attendees, waiting, invites, call, touched } = workspace;
  const isDropAhead = ({ droppedAt }: { readonly droppedAt: number | null }) =>
    droppedAt !== null && droppedAt > latest;
  const isAhead = ({ until }: { readonly until: number | null }) => until !== null && until > latest + ringMs;
  const isRingAhead = call?.rings.some(isAhead) || invites.some(isAhead);
  const isCallAhead = call !== null && touched > latest;
  const isAnyDropAhead = attendees.some(isDropAhead) || waiting.some(isDropAhead);
  if (!isRingAhead && !isCallAhead && !isAnyDropAhead) return unchanged(workspace);
  const patch = {
    attendees: attendees.map((each) => (isDropAhead(each) ? { ...each, droppedAt: now } : each)),
    waiting: waiting.map((each) => (isDropAhead(each) ? { ...each, droppedAt: now } : each)),
    call: call && {
      ...(isCallAhead ? moved(call, now - touched) : call),
      rings: call.rings.map((ring) => ({ ...ring, until: Math.min(ring.until, now + ringMs) })),
    },
    invites: invites.map((each) => (isAhead(each) ? { ...each, until: now + ringMs } : each)),
  };
  return { ...unchanged(workspace), next: amended(workspace, patch, now) };
}

/** The call as if it had begun earlier or later. */
function moved(call: Call, ms: number): Call {
  const at = <Time extends number | null>(time: Time) => (time === null ? time : time + ms) as Time;
  return {
    ...call,
    startedAt: at(call.startedAt),
    connectedAt: at(call.connectedAt),
    endsAt: at(call.endsAt),
    warnedAt: at(call.warnedAt),
    legs: call.legs.map((leg) => ({ ...leg, joinedAt: at(leg.joinedAt), leftAt: at(leg.leftAt) })),
  };
}
