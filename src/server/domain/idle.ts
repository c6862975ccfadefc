import type { Workspace } from './workspace.ts';

/** Whether a workspace has had no connection and no change for longer than `idleMs`. */
export function isIdle(workspace: Workspace, now: number, idleMs: number): boolean {
  return now - workspace.touched > idleMs && workspace.attendees.every((attendee) => attendee.connection === null);
}

/** When a workspace will be idle if nobody comes, in ms since the epoch; Infinity while somebody is connected. */
export function idleDeadline({ touched, attendees }: Workspace, idleMs: number): number {
  return attendees.every((attendee) => attendee.connection === null) ? touched + idleMs + 1 : Number.POSITIVE_INFINITY;
}

/** Whether a workspace is gone for everybody: it was closed, or it is idle. Its document may be there nevertheless. */
export function isGone(workspace: Workspace, now: number, idleMs: number): boolean {
  return workspace.closed !== null || isIdle(workspace, now, idleMs);
}
