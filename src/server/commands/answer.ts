import { answer as answerRing } from '../domain/call.ts';
import { type Handler, nothing } from './handler.ts';

export const answer: Handler<'answer'> = ({ sender }, input) => ({
  workspace: sender.workspace,
  durability: 'best-effort',
  decide: (workspace, now) => {
    const { call, answer: description, nonce } = input;
    return answerRing(
      workspace,
      { caller: input.caller.id, callee: sender.attendee, call, answer: description, nonce },
      now,
    );
  },
  output: nothing,
});
