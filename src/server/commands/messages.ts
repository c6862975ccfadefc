import { refuse } from '../../protocol/errors.ts';
import { messageRecord } from '../workspaces/chat.ts';
import type { Handler } from './handler.ts';
import { NO_CHAT } from './message.ts';

export const messages: Handler<'messages'> = async ({ sender, chat, enter }, { before, after, limit }) => {
  if (!chat) return refuse('NOT_ALLOWED', {}, NO_CHAT);
  const refusal = await enter(sender);
  if (refusal) return refusal;
  const page = await chat.read(sender.workspace, { before, after, limit });
  return { output: { messages: page.messages.map(messageRecord), more: page.more } };
};
