import { changeAdmission } from '../domain/waiting.ts';
import type { Handler } from './handler.ts';

export const admission: Handler<'admission'> = ({ sender, services }, input) => ({
  workspace: sender.workspace,
  decide: (workspace, now) =>
    changeAdmission(workspace, input.admission, services.config.settings.max_capacity_of_workspace, now),
  output: () => ({ admission: input.admission }),
});
