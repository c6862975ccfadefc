import { amended, type Change, others } from './change.ts';
import type { Workspace } from './workspace.ts';

/**
 * Makes every invitation that was given out so far worth nothing; seats stay. Everybody who is seated hears of the new
 * one, because to all of them it is the link to share.
 * @param token the invitation of the workspace as it will be, with one renewal more
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
