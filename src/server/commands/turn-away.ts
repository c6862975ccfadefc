import { refuse } from '../../protocol/errors.ts';
import { findWaiting, turnAway as turnPersonAway } from '../domain/waiting.ts';
import { type Handler, nothing } from './handler.ts';

export const turnAway: Handler<'turn-away'> = ({ sender }, { waiting }) => ({
  workspace: sender.workspace,
  decide: (workspace, now) =>
    findWaiting(workspace, waiting.id)
      ? turnPersonAway(workspace, ({ id }) => id === waiting.id, now)
      : refuse('NO_SUCH_ATTENDEE'),
  output: nothing,
});
