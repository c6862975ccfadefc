import { amended, type Change, others } from './change.ts';
import type { Workspace } from './workspace.ts';

/**
 * Invalidates every invitation of the workspace; seats stay. All attendees get the new invitation, because each of them
 * may share the link.
 * Users whom the owner removed before may come back with it.
 * @param token the new invitation, for one renewal more
 * @param stillOut users who stay out all the same
 */
export function renewInvitation(
  workspace: Workspace,
  token: string,
  now: number,
  stillOut: readonly string[] = [],
): Change {
  const next = amended(workspace, { renewals: workspace.renewals + 1, kickedUsers: stillOut }, now);
  const { id, owner, rev } = next;
  return {
    next,
    effects: [{ to: others(next, owner.id), notice: 'invitation', payload: { workspace: { id, token, rev } } }],
    ended: [],
  };
}
