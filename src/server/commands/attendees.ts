import { unchanged } from '../domain/change.ts';
import { attendeeRecords } from '../domain/view.ts';
import type { Handler } from './handler.ts';

export const attendees: Handler<'attendees'> = ({ sender }) => ({
  workspace: sender.workspace,
  durability: 'best-effort',
  decide: unchanged,
  output: (workspace) => ({ attendees: attendeeRecords(workspace) }),
});
