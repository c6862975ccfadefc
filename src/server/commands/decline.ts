import { refuse } from '../../protocol/errors.ts';
import { declineInvite } from '../domain/invites.ts';
import { type Handler, nothing } from './handler.ts';
import { workspacesOf } from './invitees.ts';

export const decline: Handler<'decline'> = async ({ services, user, via }, { invite, reason }) => {
  const isIts = ({ id }: { id: string }) => id === invite.id;
  const workspace = (await workspacesOf(services, user.id)).find(({ invites }) => invites.some(isIts));
  if (!workspace) return refuse('INVITE_OVER');
  return {
    workspace: workspace.id,
    decide: (current, now) =>
      declineInvite(current, { invite: invite.id, user: user.id, reason, except: via.connection }, now),
    output: nothing,
  };
};
