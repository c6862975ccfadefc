import type { Workspace } from './workspace.ts';

/** Whether a workspace has had no connection and no change for longer than `idleMs`. One of a consultation never is. */
export function isIdle(workspace: Workspace, now: number, idleMs: number): boolean {
  return workspace.consultation === null && now - workspace.touched > idleMs && !hasConnection(workspace);
}

/** Whether anybody is connected to a workspace: seated, or in the waiting room. */
export function hasConnection({ attendees, waiting }: Workspace): boolean {
  return (
    attendees.some(({ connection }) => connection !== null) || waiting.some(({ connection }) => connection !== null)
  );
}

/** When a workspace will be idle if nobody comes, in ms since the epoch; Infinity while somebody is connected. */
export function idleDeadline(workspace: Workspace, idleMs: number): number {
  const lasts = workspace.consultation !== null || hasConnection(workspace);
  return lasts ? Number.POSITIVE_INFINITY : workspace.touched + idleMs + 1;
}

/** Whether a workspace is gone for everybody: it was closed, or it is idle. Its document may be there nevertheless. */
export function isGone(workspace: Workspace, now: number, idleMs: number): boolean {
  return workspace.closed !== null || isIdle(workspace, now, idleMs);
}
