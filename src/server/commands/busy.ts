import { busy as declineRing } from '../domain/call.ts';
import { type Handler, nothing } from './handler.ts';

export const busy: Handler<'busy'> = ({ sender }, { caller, call }) => ({
  workspace: sender.workspace,
  durability: 'best-effort',
  decide: (workspace, now) => declineRing(workspace, { caller: caller.id, callee: sender.attendee, call }, now),
  output: nothing,
});
