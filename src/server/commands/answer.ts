import { answer as answerRing } from '../domain/call.ts';
import { type Handler, nothing } from './handler.ts';
import { withoutLeftOut } from './left-out.ts';

export const answer: Handler<'answer'> = ({ services, connection, sender }, { caller, call, answer: whole, nonce }) => {
  const description = withoutLeftOut(services, connection, caller.id, whole);
  return {
    workspace: sender.workspace,
    durability: 'best-effort',
    decide: (workspace, now) => {
      const { attendee: callee } = sender;
      return answerRing(workspace, { caller: caller.id, callee, call, answer: description, nonce }, now);
    },
    output: nothing,
  };
};
