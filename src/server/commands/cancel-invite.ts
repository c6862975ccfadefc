import { cancelInvite as cancel } from '../domain/invites.ts';
import { type Handler, nothing } from './handler.ts';

export const cancelInvite: Handler<'cancel-invite'> = ({ sender }, { invite }) => ({
  workspace: sender.workspace,
  decide: (workspace, now) => cancel(workspace, { invite: invite.id, sender: sender.attendee }, now),
  output: nothing,
});
