import { toggle } from '../domain/seat.ts';
import { type Handler, nothing } from './handler.ts';

export const camToggle: Handler<'cam-toggle'> = ({ sender }, { state }) => ({
  workspace: sender.workspace,
  decide: (workspace, now) => toggle(workspace, sender.attendee, 'cam', state, now),
  output: nothing,
});
