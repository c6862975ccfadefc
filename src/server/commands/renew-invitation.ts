import type { Change } from '../domain/change.ts';
import { renewInvitation as renew } from '../domain/invitation.ts';
import type { Workspace } from '../domain/workspace.ts';
import type { Services } from '../services.ts';
import type { Handler } from './handler.ts';

export const renewInvitation: Handler<'renew-invitation'> = ({ sender, services }) => ({
  workspace: sender.workspace,
  decide: (workspace, present) => renewal(services, workspace, present),
  output: (workspace) => ({ workspace: invitationOf(services, workspace) }),
});

/** The change that makes a new invitation. @param now ms since the epoch @param stillOut users who stay out all the same */
export function renewal(
  { tokens }: Services,
  workspace: Workspace,
  now: number,
  stillOut: readonly string[] = [],
): Change {
  const { renewals } = workspace;
  return renew(workspace, tokens.invitation({ ...workspace, renewals: renewals + 1 }, now), now, stillOut);
}

/** The present invitation of a workspace, as its owner gets it. */
export function invitationOf({ tokens, now }: Services, workspace: Workspace) {
  const { id, rev } = workspace;
  return { id, token: tokens.invitation(workspace, now()), rev };
}
