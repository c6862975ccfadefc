import { ring as ringAttendee } from '../domain/call.ts';
import { type Handler, nothing } from './handler.ts';

export const ring: Handler<'ring'> = ({ services, sender }, { callee, call, offer, nonce }) => ({
  workspace: sender.workspace,
  durability: 'best-effort',
  decide: (workspace, now) => {
    const timeoutMs = services.config.settings.ring_timeout_seconds * 1000;
    return ringAttendee(workspace, { caller: sender.attendee, callee: callee.id, call, offer, nonce, timeoutMs }, now);
  },
  output: nothing,
});
