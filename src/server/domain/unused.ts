import { type Change, unchanged } from './change.ts';
import { hasConnection } from './idle.ts';
import { destroy } from './seat.ts';
import type { Workspace } from './workspace.ts';

/**
 * Whether nobody but its creator ever had a seat in a workspace, and nobody is connected to it at present. When a server
 * has no room for another workspace, those go first.
 */
export function isUnused(workspace: Workspace): boolean {
  return !workspace.used && workspace.closed === null && !hasConnection(workspace);
}

/** Deletes an unused workspace to make room for another one; not while its creator's seat has its grace time. */
export function makeRoom(workspace: Workspace): Change {
  return isUnused(workspace) && workspace.attendees.length === 0 ? destroy(workspace, 'idle') : unchanged(workspace);
}
