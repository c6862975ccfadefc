import { nanoid } from 'nanoid';
import { callLimit } from '../config/call-limit.ts';
import { ring as ringAttendee } from '../domain/call.ts';
import { type Handler, nothing } from './handler.ts';
import { withoutLeftOut } from './left-out.ts';

export const ring: Handler<'ring'> = ({ services, connection, sender }, { callee, call, offer: whole, nonce }) => {
  const newUid = `call_${nanoid()}`;
  const { settings } = services.config;
  const offer = withoutLeftOut(services, connection, callee.id, whole);
  const timeoutMs = settings.ring_timeout_seconds * 1000;
  return {
    workspace: sender.workspace,
    durability: 'best-effort',
    decide: (workspace, now) => {
      const { attendee: caller } = sender;
      return ringAttendee(
        workspace,
        { caller, callee: callee.id, call, offer, nonce, timeoutMs, newUid, limit: callLimit(settings) },
        now,
      );
    },
    output: nothing,
  };
};
