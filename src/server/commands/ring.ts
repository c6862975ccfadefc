import { nanoid } from 'nanoid';
import { ring as ringAttendee } from '../domain/call.ts';
import { type Handler, nothing } from './handler.ts';

export const ring: Handler<'ring'> = ({ services, sender }, { callee, call, offer, nonce }) => {
  const newUid = `call_${nanoid()}`;
  return {
    workspace: sender.workspace,
    durability: 'best-effort',
    decide: (workspace, now) => {
      const timeoutMs = services.config.settings.ring_timeout_seconds * 1000;
      const { attendee: caller } = sender;
      return ringAttendee(workspace, { caller, callee: callee.id, call, offer, nonce, timeoutMs, newUid }, now);
    },
    output: nothing,
  };
};
