import { find, inSequence, unchanged } from '../domain/change.ts';
import { kick as unseat } from '../domain/seat.ts';
import { turnAwayKicked } from '../domain/waiting.ts';
import type { Handler } from './handler.ts';
import { invitationOf, renewal } from './renew-invitation.ts';

export const kick: Handler<'kick'> = ({ sender, services }, { kickedAttendee, renewInvitation }) => {
  let name = '';
  return {
    workspace: sender.workspace,
    decide: (workspace, now) => {
      const attendee = find(workspace, kickedAttendee.id);
      const stillOut = attendee && attendee.user !== null ? [attendee.user] : [];
      name = attendee?.name ?? '';
      return inSequence(workspace, [
        (current) => unseat(current, kickedAttendee.id, now),
        (current) => turnAwayKicked(current, now),
        (current) => (renewInvitation ? renewal(services, current, now, stillOut) : unchanged(current)),
      ]);
    },
    output: (workspace) => ({
      id: kickedAttendee.id,
      name,
      ...(renewInvitation ? { workspace: invitationOf(services, workspace) } : {}),
    }),
  };
};
