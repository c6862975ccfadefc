import { toggle } from '../domain/seat.ts';
import { type Handler, nothing } from './handler.ts';

export const micToggle: Handler<'mic-toggle'> = ({ sender }, { state }) => ({
  workspace: sender.workspace,
  decide: (workspace, now) => toggle(workspace, sender.attendee, 'mic', state, now),
  output: nothing,
});
