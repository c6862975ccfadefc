import { extendCall as extend } from '../domain/call-limit.ts';
import type { Handler } from './handler.ts';

export const extendCall: Handler<'extend-call'> = ({ sender, services }, { call, seconds }) => ({
  workspace: sender.workspace,
  durability: 'best-effort',
  decide: (workspace, now) =>
    extend(workspace, { callId: call.id, ms: Math.ceil(seconds * 1000), by: sender.attendee }, now),
  output: (workspace) => ({
    call: { id: call.id },
    endsAt: workspace.call?.endsAt ?? null,
    serverNow: services.now(),
  }),
});
