import { kick as unseat } from '../domain/seat.ts';
import type { Handler } from './handler.ts';

export const kick: Handler<'kick'> = ({ sender }, { kickedAttendee }) => {
  let name = '';
  return {
    workspace: sender.workspace,
    decide: (workspace, now) => {
      name = workspace.attendees.find((attendee) => attendee.id === kickedAttendee.id)?.name ?? '';
      return unseat(workspace, kickedAttendee.id, now);
    },
    output: () => ({ id: kickedAttendee.id, name }),
  };
};
