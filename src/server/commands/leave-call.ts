import { leaveCall as leaveTheCall } from '../domain/call.ts';
import { type Handler, nothing } from './handler.ts';

export const leaveCall: Handler<'leave-call'> = ({ sender }, { call }) => ({
  workspace: sender.workspace,
  durability: 'best-effort',
  decide: (workspace, now) => leaveTheCall(workspace, { attendee: sender.attendee, call }, now),
  output: nothing,
});
