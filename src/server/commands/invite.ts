import { isRefusal } from '../../protocol/errors.ts';
import { inviteOf, invite as inviteUser, sameInvite } from '../domain/invites.ts';
import { inviteRecord } from '../domain/view.ts';
import type { Invite } from '../domain/workspace.ts';
import { newId } from './arrival.ts';
import type { Handler } from './handler.ts';
import { invitee, presenceOf } from './invitees.ts';

export const invite: Handler<'invite'> = async (context, { user: given, ring, media }) => {
  const { services, sender, userConnections } = context;
  const { settings } = services.config;
  const user = await invitee(context, given.id);
  // Whether the sender may invite at all comes first.
  if (typeof user !== 'string') return { workspace: sender.workspace, decide: () => user, output: impossible };
  const presence = await presenceOf(services, userConnections, user);
  const id = newId(settings);
  const tokenOf = (inviteId: string) => services.tokens.invite(sender.workspace, inviteId);
  const inviting = { id, user, from: sender.attendee, ring, media, tokenOf, presence };
  let made: Invite | undefined;
  return {
    workspace: sender.workspace,
    decide: (workspace, now) => {
      const dated = { ...inviting, until: now + settings.ring_timeout_seconds * 1000 };
      const change = inviteUser(workspace, dated, now);
      if (!isRefusal(change)) made = sameInvite(workspace, dated) ?? inviteOf(workspace, dated);
      return change;
    },
    output: (workspace) => (made ? { invite: inviteRecord(workspace, made, tokenOf(made.id)) } : impossible()),
  };
};

function impossible(): never {
  throw new Error('nothing was decided');
}
