import type { Workspace } from './workspace.ts';

/** Whether a workspace has had no connection and no change for longer than `idleMs`. */
export function isIdle(workspace: Workspace, now: number, idleMs: number): boolean {
  return now - workspace.touched > idleMs && workspace.attendees.every((attendee) => attendee.connection === null);
}
