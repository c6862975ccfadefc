import { hangup as hangUp } from '../domain/call.ts';
import { type Handler, nothing } from './handler.ts';

export const hangup: Handler<'hangup'> = ({ sender }, { call }) => ({
  workspace: sender.workspace,
  durability: 'best-effort',
  decide: (workspace, now) => hangUp(workspace, { attendee: sender.attendee, call }, now),
  output: nothing,
});
