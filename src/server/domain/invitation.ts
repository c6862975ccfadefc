import { amended, type Change, others } from './change.ts';
import type { Workspace } from './workspace.ts';

/**
 * Invalidates every invitation of the workspace; seats stay. All attendees get the new invitation, because each of them
 * may share the link.
 * @param token the new invitation, for one renewal more
 */
export function renewInvitation(workspace: Workspace, token: string, now: number): Change {
  const next = amended(workspace, { renewals: workspace.renewals + 1 }, now);
  const { id, owner, rev } = next;
  return {
    next,
    effects: [{ to: others(next, owner.id), notice: 'invitation', payload: { workspace: { id, token, rev } } }],
    ended: [],
  };
}
