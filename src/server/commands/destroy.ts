import { destroy as destroyWorkspace } from '../domain/seat.ts';
import { type Handler, nothing } from './handler.ts';

export const destroy: Handler<'destroy'> = ({ sender }) => ({
  workspace: sender.workspace,
  decide: (workspace) => destroyWorkspace(workspace),
  output: nothing,
});
