import { renewInvitation as renew } from '../domain/invitation.ts';
import type { Handler } from './handler.ts';

export const renewInvitation: Handler<'renew-invitation'> = ({ sender, services: { tokens, now } }) => ({
  workspace: sender.workspace,
  decide: (workspace, present) => {
    const { renewals } = workspace;
    return renew(workspace, tokens.invitation({ ...workspace, renewals: renewals + 1 }, present), present);
  },
  output: (workspace) => {
    const { id, rev } = workspace;
    return { workspace: { id, token: tokens.invitation(workspace, now()), rev } };
  },
});
