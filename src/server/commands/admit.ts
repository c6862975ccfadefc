import { admit as admitPerson } from '../domain/waiting.ts';
import { type Handler, nothing } from './handler.ts';

export const admit: Handler<'admit'> = ({ sender, services }, { waiting }) => ({
  workspace: sender.workspace,
  decide: (workspace, now) =>
    admitPerson(workspace, waiting.id, services.config.settings.max_capacity_of_workspace, now),
  output: nothing,
});
