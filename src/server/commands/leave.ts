import { leave as leaveSeat } from '../domain/seat.ts';
import { type Handler, nothing } from './handler.ts';

export const leave: Handler<'leave'> = ({ sender }) => ({
  workspace: sender.workspace,
  decide: (workspace, now) => leaveSeat(workspace, sender.attendee, now),
  output: nothing,
});
