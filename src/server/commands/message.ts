import { refuse } from '../../protocol/errors.ts';
import { find } from '../domain/change.ts';
import type { Handler } from './handler.ts';

export const NO_CHAT = 'This server has no chat: its operator has not set DATABASE_URL.';

export const message: Handler<'message'> = async ({ services, sender, chat, enter }, { messageId, text }) => {
  const refusal = await enter(sender);
  if (refusal) return refusal;
  if (!chat) return refuse('NOT_ALLOWED', {}, NO_CHAT);
  const workspace = await services.store.get(sender.workspace);
  if (!workspace) return refuse('WORKSPACE_GONE');
  const attendee = find(workspace, sender.attendee);
  if (!attendee) return refuse('NOT_SEATED');
  const { seq, at } = await chat.post({
    workspace: workspace.id,
    consultation: workspace.consultation?.id ?? null,
    messageId,
    attendee: attendee.id,
    user: attendee.user,
    name: attendee.name,
    text,
    at: services.now(),
  });
  return { output: { seq, at } };
};
